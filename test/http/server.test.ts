import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { KvorumError, NoLeaderError } from "../../src/base/errors.ts";
import { startHttp } from "../../src/http/index.ts";
import { ENTRY, META, ScriptedBackend, testOptions } from "./scripted-backend.ts";
import { get, put, start } from "./started.ts";
import { bodyOf, headerOf, openSilently, statusOf, talk } from "./wire-client.ts";

describe("startHttp", () => {
  it("tells the addresses as bound and gives them up when it is closed", async () => {
    const first = await startHttp({ ...testOptions(new ScriptedBackend()), listenAddresses: ["127.0.0.1:0"] });
    const address = first.addresses[0] ?? "";
    await assert.rejects(
      startHttp({ ...testOptions(new ScriptedBackend()), listenAddresses: [address] }),
      (error: KvorumError) => error.code === "unavailable",
    );
    await first[Symbol.asyncDispose]();
    const second = await startHttp({ ...testOptions(new ScriptedBackend()), listenAddresses: [address] });
    await second[Symbol.asyncDispose]();
  });

  it("lays JSON out when asked, and always with -dev", async () => {
    const { port } = await start();
    assert.equal(bodyOf(await get(port, "/v1/status/peers")), '["10.0.0.1:8300"]');
    assert.equal(bodyOf(await get(port, "/v1/status/peers?pretty=0")), '[\n    "10.0.0.1:8300"\n]\n');
    const dev = await start({}, { alwaysPretty: true });
    assert.equal(bodyOf(await get(dev.port, "/v1/status/peers")), '[\n    "10.0.0.1:8300"\n]\n');
  });

  it("puts configured headers on every endpoint's answers and on no other", async () => {
    const { port } = await start({}, { responseHeaders: { "X-Kit": "yes" } });
    for (const target of ["/v1/kv/a", "/v1/kv/a?index=x", "/v1/kv/"]) assert.equal(headerOf(await get(port, target), "x-kit"), "yes");
    assert.equal(headerOf(await get(port, "/v1/nope"), "x-kit"), undefined);
  });

  it("blocks endpoints by prefix (http_config.block_endpoints)", async () => {
    const { port } = await start({}, { blockEndpoints: ["/v1/agent"] });
    const answer = await get(port, "/v1/agent/self");
    assert.deepEqual([statusOf(answer), bodyOf(answer)], [403, "Endpoint is blocked by agent configuration"]);
  });

  it("lets only some networks write (http_config.allow_write_http_from)", async () => {
    const { port, backend } = await start({}, { allowWriteHttpFrom: ["10.0.0.0/8"] });
    assert.deepEqual([statusOf(await put(port, "/v1/kv/a", "x")), statusOf(await get(port, "/v1/kv/a"))], [403, 200]);
    assert.deepEqual(
      backend.asked.map((one) => one.method),
      ["KV.Get"],
    );
    const home = await start({}, { allowWriteHttpFrom: ["127.0.0.0/8"] });
    assert.equal(statusOf(await put(home.port, "/v1/kv/a", "x")), 200);
  });

  it("refuses to start with a network that cannot be read", async () => {
    await assert.rejects(start({}, { allowWriteHttpFrom: ["10.0.0.0/99"] }), (error: KvorumError) => error.code === "config");
  });

  it("takes the token of the query before the header before the bearer", async () => {
    const { port, backend } = await start();
    await get(port, "/v1/kv/a?token=q", "X-Consul-Token: h\r\nAuthorization: Bearer b\r\n");
    await get(port, "/v1/kv/a", "X-Consul-Token: h\r\nAuthorization: Bearer b\r\n");
    await get(port, "/v1/kv/a", "Authorization: bearer b\r\n");
    assert.deepEqual(
      backend.asked.map((one) => (one.request as { options: { token: string } }).options.token),
      ["q", "h", "b"],
    );
  });
});

describe("reads", () => {
  it("ask for no index and no datacenter of their own when nothing is said", async () => {
    const { port, backend } = await start();
    await get(port, "/v1/kv/a?dc=dc1");
    assert.deepEqual(backend.asked[0]?.request, {
      key: "a",
      options: { datacenter: "", token: "", consistency: "default", maxStaleMs: undefined, minIndex: 0, maxWaitMs: 300_000, filter: "" },
    });
  });

  it("bound the wait and clamp an index beyond 2^53", async () => {
    const { port, backend } = await start();
    await get(port, "/v1/kv/a?index=18446744073709551615&wait=24h");
    const [first] = backend.asked as { request: { options: { minIndex: number; maxWaitMs: number } } }[];
    assert.deepEqual([first?.request.options.minIndex, first?.request.options.maxWaitMs], [Number.MAX_SAFE_INTEGER, 600_000]);
  });

  it("hand the end of a held answer's client on to the backend", async () => {
    let gone = 0;
    let held: (() => void) | undefined;
    const waiting = new Promise<void>((resolve) => (held = resolve));
    const left = new Promise<void>((resolve) => {
      void start({
        "KV.Get": (_request, onCancel) => {
          onCancel?.(() => {
            gone++;
            resolve();
          });
          held?.();
          return new Promise(() => undefined);
        },
      }).then(async ({ port }) => {
        const socket = await openSilently(port);
        socket.write("GET /v1/kv/a?index=5&wait=5m HTTP/1.1\r\nHost: x\r\n\r\n");
        await waiting;
        socket.destroy();
      });
    });
    await left;
    assert.equal(gone, 1);
  });

  it("say so with index 1 and no leader when they fail, but for keys", async () => {
    const fail = () => {
      throw new NoLeaderError();
    };
    const { port } = await start({ "KV.Get": fail, "Catalog.Nodes": fail, "Session.List": fail });
    const nodes = await get(port, "/v1/catalog/nodes");
    assert.deepEqual(
      [statusOf(nodes), bodyOf(nodes), headerOf(nodes, "x-consul-index"), headerOf(nodes, "x-consul-knownleader")],
      [500, "No cluster leader", "1", "false"],
    );
    assert.equal(headerOf(await get(port, "/v1/session/list"), "x-consul-index"), "1");
    assert.equal(headerOf(await get(port, "/v1/kv/a"), "x-consul-index"), undefined);
  });

  it("tell how they were answered where Consul does", async () => {
    const { port } = await start();
    assert.equal(headerOf(await get(port, "/v1/catalog/nodes?consistent"), "x-consul-effective-consistency"), "consistent");
    assert.equal(headerOf(await get(port, "/v1/health/state/any?stale"), "x-consul-effective-consistency"), "stale");
    assert.equal(headerOf(await get(port, "/v1/kv/a?stale"), "x-consul-effective-consistency"), undefined);
  });

  it("never say index 0", async () => {
    const { port } = await start({ "KV.Get": () => ({ value: undefined, meta: { ...META, index: 0 } }) });
    assert.equal(headerOf(await get(port, "/v1/kv/a"), "x-consul-index"), "1");
  });
});

describe("answers", () => {
  it("are compressed whenever the client takes it, large ones too", async () => {
    const value = { ...ENTRY, value: "v".repeat(100_000) as typeof ENTRY.value };
    const { port } = await start({ "KV.Get": () => ({ value, meta: META }) });
    for (const target of ["/v1/kv/a?raw", "/v1/status/leader", "/v1/kv/a?index=x"]) {
      const answer = await get(port, target, "Accept-Encoding: gzip\r\n");
      assert.equal(headerOf(answer, "content-encoding"), "gzip");
      const plain = gunzipSync(Buffer.from(bodyOf(answer), "latin1")).toString("latin1");
      assert.equal(plain, bodyOf(await get(port, target)));
    }
  });

  it("to a bug stop nothing but the one request, and say what it was", async () => {
    const { port } = await start({
      "Status.Leader": () => {
        throw new TypeError("oops");
      },
    });
    const answer = await get(port, "/v1/status/leader");
    assert.deepEqual([statusOf(answer), bodyOf(answer)], [500, "oops"]);
    assert.equal(statusOf(await get(port, "/v1/status/peers")), 200);
  });

  it("have the status of their error", async () => {
    for (const [code, status] of [
      ["too-many-requests", 429],
      ["permission-denied", 403],
      ["not-found", 404],
      ["unknown-datacenter", 500],
    ] as const) {
      const { port } = await start({
        "Status.Leader": () => {
          throw new KvorumError(code, "as it is");
        },
      });
      const answer = await get(port, "/v1/status/leader");
      assert.deepEqual([statusOf(answer), bodyOf(answer), headerOf(answer, "content-type")], [status, "as it is", "text/plain; charset=utf-8"]);
    }
  });
});

describe("the log (Consul api-docs, agent: stream logs)", () => {
  it("is followed for as long as the client listens, at the level asked", async () => {
    const { port, log } = await start();
    const heard = talk(port, "GET /v1/agent/monitor?loglevel=debug HTTP/1.1\r\nHost: x\r\n\r\n", (text) => text.includes("two"));
    while (log.listening === 0) await new Promise((resolve) => setImmediate(resolve));
    log.logger.info("one");
    log.logger.warn("two");
    assert.match((await heard).text, /\[INFO\] {2}agent: one\n[\s\S]*\[WARN\] {2}agent: two\n/);
    while (log.listening > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it("has only levels that there are", async () => {
    const { port } = await start();
    const answer = await get(port, "/v1/agent/monitor?loglevel=loud");
    assert.deepEqual([statusOf(answer), bodyOf(answer)], [400, "Bad request: Unknown log level: loud"]);
  });
});

describe("what is not of the API", () => {
  it("is a bare 404, or the page where the UI is on", async () => {
    const { port } = await start();
    assert.deepEqual([statusOf(await get(port, "/ui/")), bodyOf(await get(port, "/"))], [404, "Consul Agent"]);
    const shown = await start({}, { ui: true, uiContentPath: "/look/" });
    const moved = await get(shown.port, "/");
    assert.deepEqual([statusOf(moved), headerOf(moved, "location")], [301, "/look/"]);
    assert.equal(headerOf(await get(shown.port, "/look"), "location"), "/look/");
    for (const path of ["/look/", "/look/dc1/services/web"]) assert.match(bodyOf(await get(shown.port, path)), /<h1>Kvorum<\/h1>/);
    assert.match(bodyOf(await get(shown.port, "/robots.txt")), /^Disallow: \/$/m);
    assert.deepEqual([statusOf(await get(port, "/robots.txt")), statusOf(await get(shown.port, "/elsewhere"))], [404, 404]);
  });
});
