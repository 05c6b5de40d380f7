import assert from "node:assert/strict";
import http2, { type ServerHttp2Stream } from "node:http2";
import net, { type Server } from "node:net";
import { describe, it } from "node:test";
import { goAddress } from "../../src/platform/go-address.ts";
import { RealGrpcClient } from "../../src/platform/grpc-client.ts";
import { listening } from "../support/listening.ts";
import { SERVER_CERT, SERVER_KEY } from "../support/tls.ts";

const grpc = new RealGrpcClient();
const call = (target: string, changes: object = {}) =>
  grpc.call({ target, tls: false, skipVerify: false, method: "/grpc.health.v1.Health/Check", message: Buffer.from([1, 2]), timeoutMs: 60_000, ...changes });

/** A stream that brings a body and ends with trailers. */
function bringing(body: Buffer | readonly number[], trailers: Readonly<Record<string, string>>): (stream: ServerHttp2Stream) => void {
  return (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc+proto" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    stream.end(Buffer.from(body));
  };
}

const SERVING = [0, 0, 0, 0, 2, 8, 1];
const OVER_LONG = Buffer.concat([Buffer.from([0, 0x00, 0x50, 0, 0]), Buffer.alloc(0x50_0000)]);

describe("calling by gRPC", () => {
  /** What the server does, and code and words of Consul 1.8.7's check, which are grpc-go's. */
  const rows: readonly (readonly [does: string, serve: (stream: ServerHttp2Stream) => void, code: number, words: string])[] = [
    [
      "refuses with its headers",
      (s) => s.respond({ "content-type": "application/grpc", "grpc-status": "7", "grpc-message": "no%20entry" }, { endStream: true }),
      7,
      "no entry",
    ],
    ["refuses after a message", bringing(SERVING, { "grpc-status": "99", "grpc-message": "odd" }), 99, "odd"],
    ["refuses with half an escape", bringing([], { "grpc-status": "16", "grpc-message": "who%3F %zz n%C3%A4h" }), 16, "who? %zz näh"],
    [
      "says 404",
      (s) => s.respond({ ":status": 404, "content-type": "text/plain" }, { endStream: true }),
      12,
      'Not Found: HTTP status code 404; transport: received the unexpected content-type "text/plain"',
    ],
    [
      "says 503",
      (s) => s.respond({ ":status": 503, "content-type": "text/html" }, { endStream: true }),
      14,
      'Service Unavailable: HTTP status code 503; transport: received the unexpected content-type "text/html"',
    ],
    ["says 401", (s) => s.respond({ ":status": 401 }, { endStream: true }), 16, "Unauthorized: HTTP status code 401; transport: missing content-type field"],
    [
      "serves a page",
      (s) => s.respond({ ":status": 200, "content-type": "text/html" }, { endStream: true }),
      2,
      'OK: HTTP status code 200; transport: received the unexpected content-type "text/html"',
    ],
    [
      "sends no trailers",
      (s) => {
        s.respond({ "content-type": "application/grpc" });
        s.end(Buffer.from(SERVING));
      },
      13,
      "server closed the stream without sending trailers",
    ],
    [
      "compresses without saying how",
      bringing([1, ...SERVING.slice(1)], { "grpc-status": "0" }),
      13,
      "grpc: compressed flag set with identity or empty encoding",
    ],
    ["sends half a message", bringing([0, 0, 0, 0, 9, 8, 1], { "grpc-status": "0" }), 13, "unexpected EOF"],
    ["sends half a frame", bringing([0, 0, 0], { "grpc-status": "0" }), 13, "unexpected EOF"],
    ["sends two messages", bringing([...SERVING, ...SERVING], { "grpc-status": "0" }), 2, "grpc: client streaming protocol violation: get <nil>, want <EOF>"],
    ["sends too much", bringing(OVER_LONG, { "grpc-status": "0" }), 8, "grpc: received message larger than max (5242880 vs. 4194304)"],
    [
      "sends a status that is none",
      bringing(SERVING, { "grpc-status": "x" }),
      13,
      'transport: malformed grpc-status: strconv.Atoi: parsing "x": invalid syntax',
    ],
    ["refuses the stream", (s) => s.close(http2.constants.NGHTTP2_REFUSED_STREAM), 14, "stream terminated by RST_STREAM with error code: REFUSED_STREAM"],
    ["breaks the stream", (s) => s.close(http2.constants.NGHTTP2_INTERNAL_ERROR), 13, "stream terminated by RST_STREAM with error code: INTERNAL_ERROR"],
    ["goes away", (s) => s.session?.destroy(), 14, "transport is closing"],
  ];
  for (const [does, serve, code, words] of rows) {
    it(`tells of a server that ${does} as grpc-go does`, async () => {
      const server = http2.createServer();
      server.on("stream", (stream) => {
        stream.on("error", () => undefined);
        serve(stream);
      });
      const answer = await call(await listening(server));
      assert.deepEqual([answer.code, answer.message, answer.reply], [code, words, undefined]);
    });
  }

  it("sends what is asked and how long it will wait, and takes the reply; none is none", async () => {
    const seen: unknown[] = [];
    const server = http2.createServer();
    server.on("stream", (stream, headers) => {
      seen.push(headers[":path"], headers[":authority"], headers["content-type"], headers["te"], headers["grpc-timeout"]);
      stream.on("data", (chunk: Buffer) => {
        seen.push([...chunk]);
        bringing(chunk.length === 7 ? SERVING : [], { "grpc-status": "0" })(stream);
      });
    });
    const target = await listening(server);
    const { code, reply } = await call(target);
    assert.deepEqual([code, [...(reply ?? [])]], [0, [8, 1]]);
    assert.deepEqual(seen, ["/grpc.health.v1.Health/Check", target, "application/grpc", "trailers", "60000m", [0, 0, 0, 0, 2, 1, 2]]);
    assert.deepEqual(await call(target, { message: new Uint8Array() }), { code: 0, message: "", reply: undefined });
  });

  it("gives up in time wherever it stands", async () => {
    const held = (server: Server): Promise<string> => listening(server);
    const mute = http2.createServer();
    mute.on("stream", (stream) => stream.on("error", () => undefined));
    const half = http2.createServer();
    half.on("stream", (stream) => {
      stream.on("error", () => undefined);
      stream.respond({ "content-type": "application/grpc" });
      stream.write(Buffer.from(SERVING.slice(0, 5)));
    });
    const silent = net.createServer((socket) => socket.on("error", () => undefined));
    for (const server of [mute, half, silent]) {
      const late = await call(await held(server), { timeoutMs: 300 });
      assert.deepEqual([late.code, late.message], [4, "context deadline exceeded"]);
    }
    assert.equal((await call(await held(net.createServer((socket) => socket.on("error", () => undefined))), { tls: true, timeoutMs: 300 })).code, 4);
  });

  it("tells of those who speak something else", async () => {
    const saying = (text: string): Promise<string> =>
      listening(
        net.createServer((socket) => {
          socket.on("error", () => undefined);
          socket.once("data", () => socket.end(text));
        }),
      );
    const words = async (target: string, changes: object = {}): Promise<string> => (await call(target, changes)).message;
    assert.equal(await words(await saying("HTTP/1.1 400 Bad Request\r\n\r\n")), "connection closed");
    assert.equal(await words(await saying("garbage")), "connection closed");
    const handshake = (why: string): string => `connection error: desc = "transport: authentication handshake failed: ${why}"`;
    assert.equal(
      await words(await saying("HTTP/1.1 400 Bad Request\r\n\r\n"), { tls: true }),
      handshake("tls: first record does not look like a TLS handshake"),
    );
    const secure = http2.createSecureServer({ cert: SERVER_CERT, key: SERVER_KEY });
    secure.on("sessionError", () => undefined);
    const target = await listening(secure);
    assert.equal(await words(target), "connection closed");
    assert.equal(await words(target, { tls: true }), handshake("x509: certificate signed by unknown authority"));
  });

  it("tells of targets that cannot be dialled (Go, net.Dial)", async () => {
    const rows: readonly (readonly [target: string, why: string])[] = [
      ["127.0.0.1:1", "dial tcp 127.0.0.1:1: connect: connection refused"],
      ["127.0.0.1", "dial tcp: address 127.0.0.1: missing port in address"],
      ["127.0.0.1:99999", "dial tcp: address 99999: invalid port"],
      ["ipv4:127.0.0.1:1", "dial tcp: address ipv4:127.0.0.1:1: too many colons in address"],
      ["unix:", "dial unix: missing address"],
      ["127.0.0.1 :1", "dial tcp: lookup 127.0.0.1 : no such host"],
    ];
    for (const [target, why] of rows) {
      const { code, message } = await call(target);
      assert.deepEqual([code, message], [14, `connection error: desc = "transport: Error while dialing ${why}"`]);
    }
  });
});

describe("goAddress (Go, net.SplitHostPort)", () => {
  const rows: readonly (readonly [text: string, found: { readonly host: string; readonly port: number } | string])[] = [
    ["a:1", { host: "a", port: 1 }],
    [":1", { host: "", port: 1 }],
    ["a:", { host: "a", port: 0 }],
    ["a:http", { host: "a", port: 80 }],
    ["[::1]:2", { host: "::1", port: 2 }],
    ["a:nothing", "dial tcp: address tcp/nothing: unknown port"],
    ["[::1]", "dial tcp: address [::1]: missing port in address"],
    ["[::1", "dial tcp: address [::1: missing ']' in address"],
    ["[::1]x:1", "dial tcp: address [::1]x:1: missing port in address"],
    ["::1", "dial tcp: address ::1: too many colons in address"],
    ["a]:1", "dial tcp: address a]:1: unexpected ']' in address"],
  ];
  for (const [text, found] of rows) it(`finds ${JSON.stringify(found)} in ${text}`, () => assert.deepEqual(goAddress(text), found));
});
