import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { Client, clientOptionsOf, KvClient, kvPath, parseEndpoint } from "../../src/client/index.ts";

describe("parseEndpoint", () => {
  const good: readonly (readonly [text: string, endpoint: Readonly<Record<string, unknown>>])[] = [
    ["127.0.0.1:8500", { kind: "tcp", host: "127.0.0.1", port: 8500, secure: false, origin: "http://127.0.0.1:8500", basePath: "" }],
    ["http://h:1/base/", { kind: "tcp", host: "h", port: 1, secure: false, origin: "http://h:1", basePath: "/base" }],
    ["[::1]:8500", { kind: "tcp", host: "::1", port: 8500, secure: false, origin: "http://[::1]:8500", basePath: "" }],
    ["h", { kind: "tcp", host: "h", port: 80, secure: false, origin: "http://h", basePath: "" }],
    [":8500", { kind: "tcp", host: "127.0.0.1", port: 8500, secure: false, origin: "http://:8500", basePath: "" }],
    ["unix:///run/k.sock", { kind: "unix", path: "/run/k.sock", origin: "http://127.0.0.1", basePath: "" }],
  ];
  it("reads what asks for TLS", () => {
    assert.deepEqual(parseEndpoint("https://h"), { kind: "tcp", host: "h", port: 443, secure: true, origin: "https://h", basePath: "" });
    assert.deepEqual(parseEndpoint("h:1", true), { kind: "tcp", host: "h", port: 1, secure: true, origin: "https://h:1", basePath: "" });
    assert.deepEqual(parseEndpoint("http://h:1", true), { kind: "tcp", host: "h", port: 1, secure: false, origin: "http://h:1", basePath: "" });
  });

  for (const [text, endpoint] of good) it(`reads ${text}`, () => assert.deepEqual(parseEndpoint(text), endpoint));

  for (const [text, ssl, message] of [
    ["ftp://h", false, /Unknown protocol scheme: ftp/],
    ["a:b:c", false, /neither host:port nor a URL/],
  ] as const) {
    it(`refuses ${text}${ssl ? " with TLS wanted" : ""}`, () => assert.throws(() => parseEndpoint(text, ssl), { code: "config", message }));
  }
});

describe("clientOptionsOf", () => {
  it("takes our own names before Consul's, and nothing from empty ones", () => {
    const options = clientOptionsOf({ CONSUL_HTTP_ADDR: "a:1", KVORUM_HTTP_ADDR: "b:2", CONSUL_HTTP_TOKEN: "", CONSUL_HTTP_AUTH: "u:p", CONSUL_HTTP_SSL: "1" });
    assert.deepEqual(options, { address: "b:2", auth: "u:p", ssl: true });
  });
});

describe("kvPath", () => {
  it("keeps slashes and escapes the rest", () => {
    assert.equal(kvPath("/a b/ä?/"), "/v1/kv/a%20b/%C3%A4%3F/");
    assert.equal(kvPath(""), "/v1/kv/");
  });
});

describe("Client", () => {
  let server: Server;
  let address = "";

  before(async () => {
    server = createServer((request, response) => {
      if (request.url === "/reset") request.socket.destroy();
      else if (request.url === "/slow") setTimeout(() => response.end("late"), 600_000).unref();
      else if (request.url === "/half") response.writeHead(200, { "content-length": "10" }).write("half", () => request.socket.destroy());
      else if (request.url === "/echo") request.pipe(response);
      else if (request.url?.startsWith("/v1/kv/big") === true)
        response.writeHead(200, { "x-consul-index": "12" }).end('[{"Key":"big","Flags":18446744073709551615,"Value":"/w==","ModifyIndex":9}]');
      else response.writeHead(request.url === "/fail" ? 500 : 200).end(JSON.stringify({ url: request.url, auth: request.headers.authorization }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it("adds datacenter and authentication, sorts the query, leaves out what is not said", async () => {
    using client = new Client({ address: `${address}/base`, datacenter: "two", auth: "u:p" });
    const answer = await client.json("GET", "/x", { query: { z: 1, a: "ü&", flag: true, no: false, none: undefined } });
    assert.deepEqual({ ...(answer as object) }, { url: "/base/x?a=%C3%BC%26&dc=two&flag=&z=1", auth: `Basic ${Buffer.from("u:p").toString("base64")}` });
  });

  it("keeps flags of 64 bits, bytes and the index of an entry", async () => {
    using client = new Client({ address });
    const { value, index } = await new KvClient(client).get("big", { index: "5", wait: "1s", consistent: true });
    assert.equal(value?.flags, 18446744073709551615n);
    assert.deepEqual(value?.value, Buffer.from([255]));
    assert.equal(index, "12");
  });

  it("sends a stream as it comes", async () => {
    using client = new Client({ address });
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < 50; at++) yield Buffer.alloc(100_000, at);
    }
    const answer = await client.ask("PUT", "/echo", { body: chunks() });
    assert.equal(answer.body.length, 5_000_000);
    assert.equal(answer.body[4_999_999], 49);
  });

  it("tells a status that was not wanted, with the answer's text", async () => {
    using client = new Client({ address });
    await assert.rejects(client.ask("GET", "/fail"), { name: "StatusError", status: 500, message: /^Unexpected response code: 500 \(/ });
    assert.equal((await client.call("GET", "/fail")).status, 500);
  });

  const broken: readonly (readonly [path: string, message: RegExp])[] = [
    ["/reset", /^Get "http:\/\/127\.0\.0\.1:\d+\/reset": EOF$/],
    ["/half", /^Get "http:\/\/127\.0\.0\.1:\d+\/half": /],
    ["/slow", /^Get "http:\/\/127\.0\.0\.1:\d+\/slow": context deadline exceeded$/],
  ];
  for (const [path, message] of broken) {
    it(`tells a connection that broke: ${path}`, async () => {
      using client = new Client({ address });
      await assert.rejects(client.call("GET", path, { timeoutMs: path === "/slow" ? 500 : 60_000 }), { name: "TransportError", code: "unavailable", message });
    });
  }

  it("tells that nobody is there, by TCP and on a socket", async () => {
    using client = new Client({ address: "127.0.0.1:1" });
    await assert.rejects(client.call("PUT", "/x"), { message: 'Put "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused' });
    using unix = new Client({ address: "unix:///nosuch.sock" });
    await assert.rejects(unix.call("GET", "/x"), { message: /dial unix \/nosuch\.sock: connect: no such file or directory$/ });
  });
});
