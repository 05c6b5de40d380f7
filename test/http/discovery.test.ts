import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { KvorumError } from "../../src/base/errors.ts";
import { type HttpServer, type ReadCachePort, startHttp } from "../../src/http/index.ts";
import type { CheckedInstance, RequestOf } from "../../src/model/index.ts";
import { sampleCheck } from "../support/samples.ts";
import { META, NODE, type Script, ScriptedBackend, testOptions } from "./scripted-backend.ts";

const open: HttpServer[] = [];
after(async () => {
  for (const server of open) await server[Symbol.asyncDispose]();
});

type Wish = Parameters<ReadCachePort["get"]>[2];

/** A door whose cache has everything, three and a half seconds old, and writes down what was wanted of it. */
async function start(script: Script = {}) {
  const backend = new ScriptedBackend(script);
  const wishes: Wish[] = [];
  const cache: ReadCachePort = {
    get: async (method, request, wish) => {
      wishes.push(wish);
      return { answer: await backend.call(method, request), hit: !wish.mustRevalidate, ageMs: 3_500 };
    },
  };
  const server = await startHttp({ ...testOptions(backend), cache, listenAddresses: ["127.0.0.1:0"] });
  open.push(server);
  const ask = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`http://${server.addresses[0]}${path}`, init);
  return { ask, backend, wishes };
}

describe("cached (Consul api-docs, agent caching)", () => {
  for (const path of ["catalog/services", "catalog/service/web", "catalog/connect/web", "catalog/datacenters", "health/service/web", "query/q/execute"]) {
    it(`asks the cache for ${path} and tells where the answer came from`, async () => {
      const { ask } = await start();

      const hit = await ask(`/v1/${path}?cached`);
      const miss = await ask(`/v1/${path}?cached`, { headers: { "Cache-Control": "must-revalidate" } });
      const without = await ask(`/v1/${path}`);
      assert.deepEqual(
        [hit, miss, without].map(({ status, headers }) => [status, headers.get("x-cache"), headers.get("age")]),
        [
          [200, "HIT", "3"],
          [200, "MISS", null],
          [200, null, null],
        ],
      );
    });
  }

  it("hands on what Cache-Control says, and refuses a number that is none with Consul's text", async () => {
    const { ask, wishes } = await start();
    for (const said of ["max-age=30, stale-if-error=60", "max-age=0", "no-cache", "MAX-AGE=5"])
      await ask("/v1/catalog/services?cached", { headers: { "Cache-Control": said } });

    assert.deepEqual(wishes, [
      { maxAgeMs: 30_000, staleIfErrorMs: 60_000, mustRevalidate: false },
      { maxAgeMs: undefined, staleIfErrorMs: 0, mustRevalidate: true },
      { maxAgeMs: undefined, staleIfErrorMs: 0, mustRevalidate: false },
      { maxAgeMs: 5_000, staleIfErrorMs: 0, mustRevalidate: false },
    ]);
    for (const path of ["catalog/services?cached", "catalog/nodes", "kv/x"]) {
      const refused = await ask(`/v1/${path}`, { headers: { "Cache-Control": "max-age=x" } });
      assert.deepEqual([refused.status, await refused.text()], [400, "Invalid Cache-Control header."], path);
    }
  });
});

describe("execute (Consul api-docs, prepared queries)", () => {
  it("hands on by whom, from where and how many", async () => {
    const asked: RequestOf<"Query.Execute">[] = [];
    const { ask } = await start({
      "Query.Execute": (request) => {
        asked.push(request);
        throw new KvorumError("not-found", "Query not found");
      },
    });

    const answer = await ask("/v1/query/a/b/execute?near=_ip&limit=3&connect=true&index=9", { headers: { "X-Forwarded-For": "10.1.2.3, 10.0.0.1" } });
    assert.deepEqual([answer.status, await answer.text(), answer.headers.get("x-consul-index")], [404, "Query not found", null]);
    assert.deepEqual(
      asked.map(({ idOrName, limit, connect, source, options }) => ({
        idOrName,
        limit,
        connect,
        near: source.near,
        ip: source.ip,
        minIndex: options.minIndex,
      })),
      [{ idOrName: "a/b", limit: 3, connect: true, near: "_ip", ip: "10.1.2.3", minIndex: 0 }],
    );
  });
});

describe("health/services", () => {
  it("asks for a page and tells how to go on", async () => {
    const { ask, backend } = await start();

    const answer = await ask("/v1/health/services?sort=-status&limit=1&passing&tag=a&node-meta=k:v&after=xyz&filter=f");
    assert.deepEqual([answer.status, answer.headers.get("x-kvorum-total"), answer.headers.get("x-kvorum-next")], [200, "2", "d2Vi"]);
    assert.equal(((await answer.json()) as CheckedInstance[]).length, 1);
    const asked = backend.asked.at(-1);
    assert.ok(asked);
    const { options, ...wish } = asked.request as RequestOf<"Health.Instances">;
    assert.deepEqual(
      [wish, options.filter],
      [{ tags: ["a"], nodeMeta: { k: "v" }, onlyPassing: true, order: "status", descending: true, limit: 1, after: "xyz" }, "f"],
    );
  });

  it("refuses an order and a number that are none", async () => {
    const { ask } = await start();
    for (const query of ["sort=age", "limit=-1", "limit=x", "passing=maybe"]) assert.equal((await ask(`/v1/health/services?${query}`)).status, 400, query);
  });
});

describe("a write to the catalog", () => {
  it("warns when the node has a live agent", async () => {
    const health = (status: string): Script => ({
      "Health.Node": () => ({
        value: [{ ...sampleCheck("serfHealth", { node: NODE.node, status }), createIndex: 1, modifyIndex: 1 }],
        meta: META,
      }),
    });
    const warning = async (status: string, path: string, body: unknown): Promise<boolean> => {
      const { ask } = await start({ ...health(status), "Txn.Apply": () => ({ results: [], errors: [] }) });
      const answer = await ask(path, { method: "PUT", body: JSON.stringify(body) });
      assert.equal(answer.status, 200, await answer.text());
      return answer.headers.has("x-kvorum-warning");
    };
    const registration = { Node: NODE.node, Address: "10.0.0.1" };
    const service = (Verb: string): unknown => [{ Service: { Verb, Node: NODE.node, Service: { ID: "web", Service: "web" } } }];

    for (const [path, body, warns] of [
      ["/v1/catalog/register", registration, true],
      ["/v1/catalog/deregister", { Node: NODE.node }, true],
      ["/v1/catalog/deregister", { Node: NODE.node, ServiceID: "web" }, false],
      ["/v1/txn", service("set"), true],
      ["/v1/txn", service("delete"), false],
      ["/v1/txn", [{ KV: { Verb: "set", Key: "k", Value: "" } }], false],
    ] as const) {
      assert.deepEqual([await warning("passing", path, body), await warning("critical", path, body)], [warns, false], `${path} ${JSON.stringify(body)}`);
    }
  });
});
