import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { type HttpServer, startHttp } from "../../src/http/index.ts";
import type { CheckedInstance } from "../../src/model/index.ts";
import { META, NODE, ScriptedBackend, SERVICE, testOptions } from "./scripted-backend.ts";

const open: HttpServer[] = [];
after(async () => {
  for (const server of open) await server[Symbol.asyncDispose]();
});

const INSTANCE: CheckedInstance = {
  node: { ...NODE, datacenter: "far", taggedAddresses: { wan: "198.18.0.1" } },
  service: { ...SERVICE, address: "10.0.0.9", taggedAddresses: { wan: { address: "198.18.0.9", port: 8080 } } },
  checks: [],
};

/** A door in dc1 to servers that know one instance, whichever datacenter is asked. */
async function start(translateWanAddrs: boolean): Promise<(path: string) => Promise<Response>> {
  const { node, service } = INSTANCE;
  const backend = new ScriptedBackend({
    "Catalog.Nodes": () => ({ value: [node], meta: META }),
    "Catalog.ServiceNodes": () => ({ value: [INSTANCE], meta: META }),
    "Catalog.NodeServices": () => ({ value: { node, services: [service] }, meta: META }),
    "Health.ServiceNodes": () => ({ value: [INSTANCE], meta: META }),
    "Health.Instances": () => ({ value: { instances: [INSTANCE], total: 1, next: "" }, meta: META }),
    "Query.Execute": () => ({ found: { service: "web", instances: [INSTANCE], ttl: "", datacenter: "far" }, failovers: 1, meta: META }),
    "Internal.Nodes": () => ({ value: [{ node, services: [service], checks: [] }], meta: META }),
  });
  const server = await startHttp({ ...testOptions(backend, { translateWanAddrs }), listenAddresses: ["127.0.0.1:0"] });
  open.push(server);
  return (path) => fetch(`http://${server.addresses[0]}${path}`);
}

/** Addresses and ports of an answer, in order, as they stand beside the tagged ones. */
function shown(text: string): string {
  const outer = text.replace(/"(Service)?TaggedAddresses":(\{("wan":\{[^}]*\}|[^{}]*)\}|null),/g, "");
  return [...outer.matchAll(/"(?:Service)?(?:Address|Port)":"?([^",]+)/g)].map(([, value]) => value).join(" ");
}

describe("translate_wan_addrs in answers (Consul docs; fields and endpoints as seen on Consul 1.8.7)", () => {
  const rows: readonly (readonly [path: string, near: string, far: string])[] = [
    ["/v1/catalog/nodes", "10.0.0.1", "198.18.0.1"],
    ["/v1/catalog/service/web", "10.0.0.1 10.0.0.9 80", "198.18.0.1 198.18.0.9 8080"],
    ["/v1/catalog/connect/web", "10.0.0.1 10.0.0.9 80", "198.18.0.1 198.18.0.9 8080"],
    ["/v1/catalog/node/n1", "10.0.0.1 10.0.0.9 80", "198.18.0.1 198.18.0.9 8080"],
    ["/v1/catalog/node-services/n1", "10.0.0.1 10.0.0.9 80", "198.18.0.1 198.18.0.9 8080"],
    ["/v1/health/service/web", "10.0.0.1 10.0.0.9 80", "198.18.0.1 198.18.0.9 8080"],
    ["/v1/health/service/web?passing", "10.0.0.1 10.0.0.9 80", "198.18.0.1 198.18.0.9 8080"],
    ["/v1/health/connect/web", "10.0.0.1 10.0.0.9 80", "198.18.0.1 198.18.0.9 8080"],
    ["/v1/health/services", "10.0.0.1 10.0.0.9 80", "198.18.0.1 198.18.0.9 8080"],
    ["/v1/internal/ui/nodes", "10.0.0.1 10.0.0.9 80", "10.0.0.1 10.0.0.9 80"],
  ];
  for (const [path, near, far] of rows) {
    it(`${near === far ? "leaves alone" : "translates"} ${path}, for another datacenter alone and only where it is on`, async () => {
      const [on, off] = [await start(true), await start(false)];
      const dc = path.includes("?") ? "&dc=" : "?dc=";
      for (const asked of [path, `${path}${dc}dc1`]) assert.equal(shown(await (await on(asked)).text()), near);
      assert.equal(shown(await (await on(`${path}${dc}far`)).text()), far);
      assert.equal(shown(await (await off(`${path}${dc}far`)).text()), near);
    });
  }

  it("goes by the datacenter where an executed query found something, not by the one that was asked", async () => {
    const ask = await start(true);
    assert.equal(shown(await (await ask("/v1/query/q/execute")).text()), "198.18.0.1 198.18.0.9 8080");
  });

  it("is told by a header in every answer of an endpoint, refusals too, and in no other", async () => {
    const [on, off] = [await start(true), await start(false)];
    const header = async (ask: typeof on, path: string): Promise<string | null> => (await ask(path)).headers.get("x-consul-translate-addresses");
    for (const path of ["/v1/catalog/nodes", "/v1/status/leader", "/v1/kv/", "/v1/catalog/register", "/v1/catalog/service/"])
      assert.equal(await header(on, path), "true", path);
    assert.equal(await header(on, "/v1/nowhere"), null);
    assert.equal(await header(off, "/v1/catalog/nodes"), null);
  });
});
