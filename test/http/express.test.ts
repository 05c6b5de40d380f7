import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { KvorumError } from "../../src/base/errors.ts";
import { Later } from "../../src/base/later.ts";
import { type HttpServer, startHttp } from "../../src/http/index.ts";
import { EXPRESS_PIPELINE_BYTES } from "../../src/http/limits.ts";
import { PlainHeaders, readPlain } from "../../src/http/plain-request.ts";
import type { Look, ResponseOf } from "../../src/model/index.ts";
import { parseAddress } from "../../src/platform/index.ts";
import { until } from "../support/until.ts";
import { ENTRY, META, ScriptedBackend, testOptions } from "./scripted-backend.ts";
import { answersIn, bodyOf, openSilently, statusOf, steady, talk } from "./wire-client.ts";

/** A read with this index is answered when the test says so. */
const HELD_INDEX = 7;
const ENTITY = { ...ENTRY, value: "h\u00e9llo" as typeof ENTRY.value };

describe("the express door", () => {
  let server: HttpServer;
  let port = 0;
  let held = 0;
  const backend = new ScriptedBackend({
    "KV.Get": ({ key, options }, onCancel) => {
      if (options.minIndex === HELD_INDEX) return new Promise((resolve) => releases.push(() => resolve({ value: undefined, meta: META })));
      if (options.minIndex === 0) return { value: key === ("missing" as typeof key) ? undefined : { ...ENTITY, key }, meta: META };
      held++;
      return new Promise((_, reject) =>
        onCancel?.(() => {
          cancelled++;
          reject(new KvorumError("unavailable", "gone"));
        }),
      );
    },
  });
  let cancelled = 0;
  const releases: (() => void)[] = [];

  before(async () => {
    server = await startHttp({ ...testOptions(backend), listenAddresses: ["127.0.0.1:0"] });
    port = parseAddress(server.addresses[0] ?? "").port;
  });
  after(() => server[Symbol.asyncDispose]());

  const targets: readonly (readonly [method: string, target: string, body: string])[] = [
    ["GET", "/v1/kv/a", ""],
    ["GET", "/v1/kv/a?pretty", ""],
    ["GET", "/v1/kv/a?raw", ""],
    ["GET", "/v1/kv/%C3%A9?stale", ""],
    ["GET", "/v1/kv/\u00c3\u00a9?stale=\u00ff", ""],
    ["GET", "/v1/agent/service/\u00c3\u00a9", ""],
    ["GET", "/v1/kv/missing", ""],
    ["GET", "/v1/kv/?recurse", ""],
    ["GET", "/v1/kv/?keys&separator=/", ""],
    ["GET", "/v1/kv/", ""],
    ["GET", "/v1/kv", ""],
    ["GET", "/v1/kv/a?%zz", ""],
    ["GET", "/v1/kv/a?index=x", ""],
    ["GET", "/v1/kv//a", ""],
    ["GET", "/v1/kv/%01", ""],
    ["PUT", "/v1/kv/a?flags=7", "value"],
    ["PUT", "/v1/kv/a", ""],
    ["PUT", "/v1/kv/a?flags=x", "value"],
    ["PUT", "/v1/kv/a", "v".repeat(524_289)],
    ["DELETE", "/v1/kv/a?cas=4", ""],
    ["DELETE", "/v1/kv/a", "body"],
    ["GET", "/v1/catalog/nodes", ""],
    ["GET", "/v1/health/node/n1", ""],
    ["PUT", "/v1/txn", '[{"KV":{"Verb":"set","Key":"a","Value":"aGk="}}]'],
    ["PUT", "/v1/txn?pretty", '[{"KV":{"Verb":"get","Key":"a"}}]'],
    ["PUT", "/v1/txn", "[{"],
    ["PUT", "/v1/txn", `[${" ".repeat(524_289)}]`],
    ["GET", "/v1/txn", ""],
    ["PUT", "/v1/session/create", "{}"],
    ["PUT", "/v1/catalog/register", '{"Node":"n","Address":"10.0.0.1"}'],
    ["PUT", "/v1/catalog/register", "{"],
    ["GET", "/v1/session/create", ""],
    ["GET", "/v1/status/leader", ""],
    ["GET", "/v1/nope", ""],
  ];
  for (const [method, target, body] of targets) {
    it(`gives the bytes that node:http gives for ${method} ${target} with ${body.length} bytes`, async () => {
      const length = body === "" ? "" : `Content-Length: ${body.length}\r\n`;
      const request = (odd: string): string => `${method} ${target} HTTP/1.1\r\nHost: x\r\n${odd}${length}\r\n${body}`;
      const [plain, odd] = await Promise.all([talk(port, request("")), talk(port, request("TE: trailers\r\n"))]);
      assert.match(plain.text, /^HTTP\/1\.1 [2-5]\d\d /);
      assert.equal(steady(plain.text), steady(odd.text));
      assert.equal(plain.closed, odd.closed);
    });
  }

  it("answers request after request of one connection, plain and odd ones mixed, in order", async () => {
    const socket = await openSilently(port);
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
    const requests = [
      "GET /v1/kv/a?raw HTTP/1.1\r\nHost: x\r\n\r\n",
      "PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi",
      "GET /v1/status/leader HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /v1/kv/missing HTTP/1.1\r\nHost: x\r\n\r\n",
    ];
    for (const [at, request] of requests.entries()) {
      socket.write(request);
      await until(`answer ${at + 1}`, () => answersIn(text).length === at + 1);
    }
    socket.destroy();
    assert.deepEqual(answersIn(text).map(statusOf), [200, 200, 200, 404]);
  });

  it("answers pipelined requests in order, and a request that comes in pieces", async () => {
    const many = "GET /v1/kv/a?raw HTTP/1.1\r\nHost: x\r\n\r\n".repeat(5);
    const heard = await talk(port, `${many}GET /v1/kv/missing HTTP/1.1\r\nHost: x\r\n\r\n`, (text) => answersIn(text).length === 6);
    assert.deepEqual(answersIn(heard.text).map(statusOf), [200, 200, 200, 200, 200, 404]);
    const socket = await openSilently(port);
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
    socket.write("PUT /v1/kv/a HTTP/1.1\r\nHo");
    await until("the first piece is sent", () => socket.bytesWritten > 0 && socket.writableLength === 0);
    socket.write("st: x\r\nContent-Length: 4\r\n\r\nva");
    socket.write("l!");
    await until("the answer", () => answersIn(text).length === 1);
    socket.destroy();
    assert.equal(bodyOf(answersIn(text)[0] ?? ""), "true");
  });

  it("answers all that came ahead of its turn, also more than it holds", async () => {
    const request = `GET /v1/kv/a?raw HTTP/1.1\r\nHost: x\r\nX-Long: ${"l".repeat(2000)}\r\n\r\n`;
    const count = Math.ceil((3 * EXPRESS_PIPELINE_BYTES) / request.length);
    const heard = talk(
      port,
      `GET /v1/kv/a?index=${HELD_INDEX} HTTP/1.1\r\nHost: x\r\n\r\n`,
      (text) => answersIn(text).length === count + 1,
      request.repeat(count),
    );
    (await until("the first one is held", () => releases.pop()))();
    assert.deepEqual(answersIn((await heard).text).map(statusOf), [404, ...Array.from({ length: count }, () => 200)]);
  });

  it("keeps what a connection brought when others bring more", async () => {
    const asked = backend.asked.length;
    const puts = Array.from({ length: 8 }, (_, at) => talk(port, `PUT /v1/kv/many HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n${String(at).repeat(4)}`));
    await Promise.all(puts);
    const values = backend.asked.slice(asked).map(({ request }) => Buffer.from((request as { write: { value: Uint8Array } }).write.value).toString());
    assert.deepEqual(
      values.sort(),
      puts.map((_, at) => String(at).repeat(4)),
    );
  });

  it("frees a held read as soon as its client goes, by reset and by half-close", async () => {
    for (const end of ["destroy", "end"] as const) {
      const [heldBefore, before] = [held, cancelled];
      const socket = await openSilently(port);
      socket.on("error", () => undefined); // a reset is what the test asks for
      socket.write("GET /v1/kv/a?index=42&wait=60s HTTP/1.1\r\nHost: x\r\n\r\n");
      await until("the read is held", () => held === heldBefore + 1);
      socket[end]();
      await until("the read is freed", () => cancelled === before + 1);
      socket.destroy();
    }
  });
});

describe("the express door before a backend that answers without promises", () => {
  it("gives the bytes that it gives otherwise, at once, later, and for failures", async () => {
    const found: ResponseOf<"KV.Get"> = { value: ENTITY, meta: META };
    const refused = new KvorumError("no-leader", "No cluster leader");
    const outcomes: readonly (readonly [call: () => Promise<typeof found>, look: () => typeof found | Later<typeof found>])[] = [
      [async () => found, () => found],
      [() => Promise.reject(refused), () => raise(refused)],
      [
        async () => found,
        () => {
          const later = new Later<typeof found>();
          setImmediate(() => later.settle(found));
          return later;
        },
      ],
      [
        () => Promise.reject(refused),
        () => {
          const later = new Later<typeof found>();
          later.fail(refused);
          return later;
        },
      ],
    ];
    for (const [call, look] of outcomes) {
      const texts: string[] = [];
      for (const backend of [new ScriptedBackend({ "KV.Get": call }), Object.assign(new ScriptedBackend(), { look: look as Look })]) {
        await using server = await startHttp({ ...testOptions(backend), listenAddresses: ["127.0.0.1:0"] });
        const { port } = parseAddress(server.addresses[0] ?? "");
        for (const odd of ["", "TE: trailers\r\n"]) texts.push(steady((await talk(port, `GET /v1/kv/a HTTP/1.1\r\nHost: x\r\n${odd}\r\n`)).text));
        assert.equal(backend.asked.length, backend.look === undefined ? 2 : 0);
      }
      assert.equal(new Set(texts).size, 1, texts.join("\n"));
    }
  });
});

function raise(error: Error): never {
  throw error;
}

describe("readPlain", () => {
  const plain = "GET /v1/kv/a HTTP/1.1\r\nHost: x\r\nX-Consul-Token: t\r\n\r\n";

  it("takes a whole request and knows its headers again", () => {
    const first = readPlain(Buffer.from(plain), undefined);
    assert.equal(first?.headers.get("x-consul-token"), "t");
    assert.equal(readPlain(Buffer.from(plain), first?.headers)?.headers, first?.headers);
  });

  const odd: readonly (readonly [what: string, request: string])[] = [
    ["a head in pieces", plain.slice(0, 30)],
    ["two requests in one piece", plain + plain],
    ["another version", plain.replace("1.1", "1.0")],
    ["another method", plain.replace("GET", "HEAD")],
    ["a path outside the API", plain.replace("/v1/", "/ui/")],
    ["a body in chunks", plain.replace("Host: x", "Host: x\r\nTransfer-Encoding: chunked")],
    ["a length and chunks", plain.replace("Host: x", "Host: x\r\nContent-Length: 0\r\nTransfer-Encoding: chunked")],
    ["two lengths", plain.replace("Host: x", "Host: x\r\nContent-Length: 0\r\nContent-Length: 0")],
    ["a length that is none", plain.replace("Host: x", "Host: x\r\nContent-Length: +0")],
    ["a body with a GET", `${plain.replace("Host: x", "Host: x\r\nContent-Length: 1")}x`],
    ["less body than announced", `${plain.replace("GET", "PUT").replace("Host: x", "Host: x\r\nContent-Length: 2")}x`],
    ["no host", plain.replace("Host: x\r\n", "")],
    ["a header given twice", plain.replace("Host: x", "Host: x\r\nA: 1\r\na: 2")],
    ["a folded header", plain.replace("Host: x", "Host: x\r\n y")],
    ["a blank before the colon", plain.replace("Host: x", "Host : x")],
    ["a bare line feed", plain.replace("Host: x\r\n", "Host: x\n")],
    ["a control character in a header", plain.replace("Host: x", "Host: x\u0001")],
    ["a byte beyond ASCII", plain.replace("Host: x", "Host: \u00fc")],
    ["a wish to close", plain.replace("Host: x", "Host: x\r\nConnection: close")],
    ["an upgrade", plain.replace("Host: x", "Host: x\r\nUpgrade: h2c")],
    ["a question before the body", plain.replace("Host: x", "Host: x\r\nExpect: 100-continue")],
    ["a client that takes gzip", plain.replace("Host: x", "Host: x\r\nAccept-Encoding: gzip")],
    ["two blanks in the request line", plain.replace("GET ", "GET  ")],
  ];
  for (const [what, request] of odd) {
    it(`leaves ${what} to node:http`, () => {
      assert.equal(readPlain(Buffer.from(request, "latin1"), undefined), undefined);
    });
  }

  it("does not take headers of another request for its own", () => {
    const headers = PlainHeaders.parse("Host: x\r\nContent-Length: 1");
    assert.equal(readPlain(Buffer.from(plain), headers)?.headers.bodyBytes, 0);
  });
});
