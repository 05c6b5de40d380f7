import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { KvorumError } from "../../src/base/errors.ts";
import { type HttpServer, startHttp } from "../../src/http/index.ts";
import type { RequestOf } from "../../src/model/index.ts";
import { type Script, ScriptedBackend, testOptions } from "./scripted-backend.ts";

const open: HttpServer[] = [];
after(async () => {
  for (const server of open) await server[Symbol.asyncDispose]();
});

async function start(script: Script = {}) {
  const server = await startHttp({ ...testOptions(new ScriptedBackend(script)), listenAddresses: ["127.0.0.1:0"] });
  open.push(server);
  return async (method: string, path: string, init: RequestInit = {}): Promise<readonly [number, string]> => {
    const answer = await fetch(`http://${server.addresses[0]}/v1/${path}`, { method, ...init });
    return [answer.status, (await answer.text()).trim()];
  };
}

describe("what is refused before anything is asked (seen on Consul 1.8.7)", () => {
  const endpoints = [
    ["PUT", "kv/a"],
    ["DELETE", "kv/a"],
    ["PUT", "kv/"],
    ["PUT", "session/renew/00000000-0000-0000-0000-000000000001"],
    ["GET", "status/leader"],
    ["GET", "status/peers"],
  ] as const;
  for (const [method, path] of endpoints) {
    it(`${method} ${path}: options of a read that are none, though it takes none`, async () => {
      const ask = await start();

      assert.deepEqual(await ask(method, `${path}?index=abc`), [400, "Invalid index"]);
      assert.deepEqual(await ask(method, `${path}?wait=abc`), [400, "Invalid wait time"]);
      assert.deepEqual(await ask(method, `${path}?stale&consistent`), [400, "Cannot specify ?stale with ?consistent, conflicting semantics."]);
    });
  }

  it("event/list knows waiting, and no consistency", async () => {
    const ask = await start();

    assert.deepEqual(await ask("GET", "event/list?wait=x"), [400, "Invalid wait time"]);
    assert.equal((await ask("GET", "event/list?stale&consistent&max_stale=x"))[0], 200);
  });

  it("catalog/datacenters refuses and goes on, as Consul does", async () => {
    const ask = await start();
    const refusal = "Cannot specify ?stale with ?consistent, conflicting semantics.";

    const [status, text] = await ask("GET", "catalog/datacenters?stale&consistent");
    assert.equal(status, 400);
    assert.ok(text.startsWith(`${refusal}[`), text);
    assert.match((await ask("GET", "catalog/datacenters?max_stale=x&pretty"))[1], /^Invalid max_stale value "x"\[\n {4}"/);
  });

  it("a session of a node that is named, but empty", async () => {
    const ask = await start();

    assert.deepEqual(await ask("PUT", "session/create", { body: '{"Node":"","Behavior":"x"}' }), [500, "Must provide Node"]);
    assert.equal((await ask("PUT", "session/create", { body: '{"Node":null}' }))[0], 200);
  });

  it("a namespace in a body of the catalog, in more words than elsewhere", async () => {
    const ask = await start();
    const refusal = 'Request decode failed: json: unknown field "Namespace" - Namespaces are a Consul Enterprise feature';

    assert.deepEqual(await ask("PUT", "catalog/register", { body: '{"Node":"a","Namespace":"x"}' }), [400, refusal]);
    assert.deepEqual(await ask("PUT", "catalog/deregister", { body: '{"Node":"a","Namespace":"x"}' }), [400, refusal]);
  });
});

describe("what is answered in another way than it seems to ask for (seen on Consul 1.8.7)", () => {
  it("tags are not looked at among what stands for a service in the mesh", async () => {
    const asked: RequestOf<"Health.ServiceNodes">[] = [];
    const ask = await start({
      "Health.ServiceNodes": (request) => {
        asked.push(request);
        return { value: [], meta: { index: 1, lastContactMs: 0, knownLeader: true } };
      },
    });
    await ask("GET", "health/connect/web?tag=a");
    await ask("GET", "health/service/web?tag=a");

    assert.deepEqual(
      asked.map(({ tags }) => tags),
      [[], ["a"]],
    );
  });

  it("a query that the cache does not find is a failure, not a miss", async () => {
    const ask = await start({
      "Query.Execute": () => {
        throw new KvorumError("not-found", "Query not found");
      },
    });

    assert.deepEqual(await ask("GET", "query/q/execute"), [404, "Query not found"]);
    assert.deepEqual(await ask("GET", "query/q/execute?cached"), [500, "Query not found"]);
  });

  it("the health of a service is one word for who takes plain text", async () => {
    const ask = await start();

    assert.deepEqual(await ask("GET", "agent/health/service/name/none", { headers: { Accept: "text/plain" } }), [404, "ServiceName none Not Found"]);
    assert.deepEqual(await ask("GET", "agent/health/service/name/none?format=json"), [404, "[]"]);
    // the id comes back in a header, which takes less than a path does
    for (const id of ["%ff%fe", "%c3%a9", "%e2%82%ac"]) assert.equal((await ask("GET", `agent/health/service/id/${id}`))[0], 404, id);
  });

  it("metrics are in the form of Prometheus for who names it among what it takes", async () => {
    const ask = await start();
    const [status, text] = await ask("GET", "agent/metrics", { headers: { Accept: "application/openmetrics-text; version=0.0.1,text/plain;version=0.4.0" } });

    assert.equal(status, 200);
    assert.doesNotMatch(text, /^\{/);
  });
});
