import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { type HttpServer, startHttp } from "../../src/http/index.ts";
import { MAX_HEAD_BYTES } from "../../src/http/limits.ts";
import { ENTRY, META, ScriptedBackend, testOptions } from "./scripted-backend.ts";
import { answersIn, bodyOf, openSilently, statusOf, talk, turns } from "./wire-client.ts";

/** So often the loop turns before a write is done: what comes behind it on the connection has been read long before. */
const SLOW_WRITE_TURNS = 50;

const open: HttpServer[] = [];
after(async () => {
  for (const server of open) await server[Symbol.asyncDispose]();
});

async function start(maxConnsPerClient = 0): Promise<number> {
  let written = 0;
  const backend = new ScriptedBackend({
    "KV.Apply": async () => {
      await turns(SLOW_WRITE_TURNS);
      return ++written > 0;
    },
    "KV.Get": () => ({ value: written > 0 ? ENTRY : undefined, meta: META }),
  });
  const server = await startHttp({ ...testOptions(backend, { maxConnsPerClient }), listenAddresses: ["127.0.0.1:0"] });
  open.push(server);
  return Number(server.addresses[0]?.split(":").at(-1));
}

describe("bad requests on the wire (Go net/http)", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["what is not HTTP", "rubbish\r\n\r\n", "400 Bad Request"],
    ["a blank in the path", "GET /v1/kv/a b HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request"],
    ["a length that is no number", "PUT /v1/kv/n HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n", "400 Bad Request"],
    ["no Host", "GET /v1/kv/a HTTP/1.1\r\n\r\n", "400 Bad Request: missing required Host header"],
    ["a broken escape", "GET /v1/kv/%ZZ HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request"],
    ["a target that is no path", "GET foo HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request"],
    ["too long a head", `GET /v1/kv/${"a".repeat(MAX_HEAD_BYTES)} HTTP/1.1\r\nHost: x\r\n\r\n`, "431 Request Header Fields Too Large"],
  ];
  for (const [what, bytes, body] of cases) {
    it(`are refused in Go's words: ${what}`, async () => {
      const { text, closed } = await talk(await start(), bytes, () => false);
      assert.equal(
        text,
        `HTTP/1.1 ${body.slice(0, body.includes(":") ? body.indexOf(":") : undefined)}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${body}`,
      );
      assert.equal(closed, true);
    });
  }

  for (const method of ["get", "FOO", "CONNECT"]) {
    it(`are told what is allowed: ${method}`, async () => {
      const { text } = await talk(await start(), `${method} /v1/status/leader HTTP/1.1\r\nHost: x\r\n\r\n`);
      assert.equal(statusOf(text), 405);
      assert.match(text, /\r\nAllow: OPTIONS,GET\r\n/);
      assert.equal(bodyOf(text), `method ${method} not allowed`);
    });
  }
});

describe("connections", () => {
  it("take pipelined requests in order: a read sees the write in front of it", async () => {
    const port = await start();
    const bytes =
      "PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nxGET /v1/kv/a HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/nope HTTP/1.1\r\nHost: x\r\n\r\n";
    const { text, closed } = await talk(port, bytes, (heard) => answersIn(heard).length === 3);
    assert.deepEqual([answersIn(text).map(statusOf), closed], [[200, 200, 404], false]);
  });

  it("are bounded for each client: one too many is closed without a word (limits.http_max_conns_per_client)", async () => {
    const port = await start(2);
    const first = await openSilently(port);
    const second = await openSilently(port);
    const third = await openSilently(port);
    await new Promise((resolve) => third.once("close", resolve));
    first.destroy();
    await new Promise((resolve) => first.once("close", resolve));
    second.write("GET /v1/status/leader HTTP/1.1\r\nHost: x\r\n\r\n");
    await new Promise((resolve) => second.once("data", resolve));
    second.destroy();
  });

  it("may lie idle by the hundred and still be answered", async () => {
    const port = await start();
    const idle = await Promise.all(Array.from({ length: 300 }, () => openSilently(port)));
    const last = idle.at(-1);
    last?.write("GET /v1/status/leader HTTP/1.1\r\nHost: x\r\n\r\n");
    await new Promise((resolve) => last?.once("data", resolve));
    for (const socket of idle) socket.destroy();
  });

  it("OPTIONS * asks the server as a whole", async () => {
    const { text } = await talk(await start(), "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.equal(statusOf(text), 200);
  });
});
