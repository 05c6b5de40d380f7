import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { KvorumError, NoLeaderError } from "../../src/base/errors.ts";
import { type AgentPort, type HttpConfig, type HttpServer, startHttp } from "../../src/http/index.ts";
import { until } from "../support/until.ts";
import { ENTRY, META, type Script, ScriptedBackend, TestLog, testOptions } from "./scripted-backend.ts";
import { answersIn, bodyOf, headerOf, openSilently, statusOf, talk } from "./wire-client.ts";

const open: HttpServer[] = [];
after(async () => {
  for (const server of open) await server[Symbol.asyncDispose]();
});

interface Started {
  readonly port: number;
  readonly backend: ScriptedBackend;
  readonly log: TestLog;
}

async function start(script: Script = {}, config: Partial<HttpConfig> = {}, agent: Partial<AgentPort> = {}): Promise<Started> {
  const backend = new ScriptedBackend(script);
  const options = testOptions(backend, config, new TestLog(), agent);
  const server = await startHttp({ ...options, listenAddresses: ["127.0.0.1:0"] });
  open.push(server);
  return { port: Number(server.addresses[0]?.split(":").at(-1)), backend, log: options.log };
}

async function get(port: number, target: string, headers = ""): Promise<string> {
  return (await talk(port, `GET ${target} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`)).text;
}

async function put(port: number, target: string, body = ""): Promise<string> {
  return (await talk(port, `PUT ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)).text;
}

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

describe("bodies", () => {
  it("of keys are bounded by what was announced (limits.kv_max_value_size)", async () => {
    const { port, backend } = await start({}, { kvMaxValueBytes: 10 });
    const answer = await put(port, "/v1/kv/a", "12345678901");
    assert.equal(statusOf(answer), 413);
    assert.equal(bodyOf(answer), "Request body(11 bytes) too large, max size: 10 bytes. See https://www.consul.io/docs/agent/options.html#kv_max_value_size.");
    assert.equal(statusOf(await put(port, "/v1/kv/a", "1234567890")), 200);
    assert.equal(backend.asked.length, 1);
  });

  it("of keys in chunks may be longer, but not without end", async () => {
    const { port, backend } = await start({}, { kvMaxValueBytes: 10 });
    const chunked = (size: number) =>
      talk(port, `PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${size.toString(16)}\r\n${"v".repeat(size)}\r\n0\r\n\r\n`);
    assert.deepEqual([statusOf((await chunked(11)).text), statusOf((await chunked(100)).text)], [200, 413]);
    assert.equal(backend.asked.length, 1);
  });

  it("that never end are not waited for by others", async () => {
    const { port } = await start();
    const half = await openSilently(port);
    half.write("PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
    assert.equal(statusOf(await get(port, "/v1/status/leader")), 200);
    half.destroy();
  });

  it("of a restore go through as they come", async () => {
    const { port, backend } = await start();
    assert.equal(statusOf(await put(port, "/v1/snapshot", "x".repeat(200_000))), 200);
    assert.equal(backend.restored, 200_000);
  });

  it("of a restore that fails at once are let run out, so that the client hears why", async () => {
    const backend = new ScriptedBackend();
    backend.restoreSnapshot = async ({ body }) => {
      for await (const _ of body) throw new KvorumError("internal", "not a snapshot");
    };
    const server = await startHttp({ ...testOptions(backend), listenAddresses: ["127.0.0.1:0"] });
    open.push(server);
    const port = Number(server.addresses[0]?.split(":").at(-1));
    const restore = `PUT /v1/snapshot HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n${"x".repeat(2_000_000)}`;
    const { text } = await talk(port, `${restore}GET /v1/status/leader HTTP/1.1\r\nHost: x\r\n\r\n`, (heard) => answersIn(heard).length === 2);
    assert.deepEqual(answersIn(text).map(statusOf), [500, 200]);
    assert.equal(bodyOf(answersIn(text)[0] ?? ""), "not a snapshot");
  });

  it("of a restore that fails in the middle of a pipeline end nothing but that (and the request is logged)", async () => {
    const backend = new ScriptedBackend();
    backend.restoreSnapshot = async ({ body }) => {
      const chunks = body[Symbol.asyncIterator]();
      await chunks.next();
      await chunks.throw?.(new KvorumError("internal", "not a snapshot")); // as a stream that is made of it does
    };
    const options = testOptions(backend);
    const lines: string[] = [];
    using _listening = options.log.listen("debug", ({ message }) => lines.push(message));
    const server = await startHttp({ ...options, listenAddresses: ["127.0.0.1:0"] });
    open.push(server);
    const port = Number(server.addresses[0]?.split(":").at(-1));
    const answer = await put(port, "/v1/snapshot", "x".repeat(2_000_000));
    assert.deepEqual([statusOf(answer), bodyOf(answer)], [500, "not a snapshot"]);
    await until("it is logged", () => lines.includes("Request finished"));
  });

  it("are asked for only when somebody will read them (Expect: 100-continue)", async () => {
    const { port } = await start({}, { kvMaxValueBytes: 10 });
    const asked = (length: number, body: string, answers: number) =>
      talk(
        port,
        `PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\n\r\n${body}`,
        (heard) => answersIn(heard).length === answers,
      );
    const taken = await asked(3, "xyz", 2);
    assert.deepEqual([answersIn(taken.text).map(statusOf), taken.closed], [[100, 200], false]);
    const refused = await asked(11, "", 1);
    assert.deepEqual([answersIn(refused.text).map(statusOf), refused.closed], [[413], true]);
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
