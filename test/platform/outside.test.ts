import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import type { AddressInfo, Server } from "node:net";
import { after, describe, it } from "node:test";
import { RealGrpcClient } from "../../src/platform/grpc-client.ts";
import { RealMachine } from "../../src/platform/machine.ts";
import { RealProcesses } from "../../src/platform/processes.ts";
import { TailBuffer } from "../../src/platform/tail-buffer.ts";
import { RealWebClient } from "../../src/platform/web-client.ts";
import { AUTHORITY, CLIENT_CERT, CLIENT_KEY, SERVER_CERT, SERVER_KEY } from "../support/tls.ts";

const closing: Server[] = [];
after(() => {
  for (const server of closing) server.close();
});

async function listening(server: Server): Promise<string> {
  closing.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("programs of this machine", () => {
  const processes = new RealProcesses();
  const run = (script: string, changes: { readonly timeoutMs?: number; readonly keepBytes?: number } = {}) =>
    processes.run({ command: ["/bin/sh", "-c", script], timeoutMs: 60_000, keepBytes: 100, ...changes });

  it("give their exit code and both streams", async () => {
    const { exitCode, output, timedOut } = await run("echo out; echo err >&2; exit 3");
    assert.equal(exitCode, 3);
    assert.equal(timedOut, false);
    assert.match(output.kept.toString(), /out\n/);
    assert.match(output.kept.toString(), /err\n/);
  });

  it("keep the end of what is printed, and count the whole", async () => {
    const { output } = await run("yes | head -c 100000", { keepBytes: 10 });
    assert.deepEqual([output.kept.toString(), output.totalBytes], ["y\ny\ny\ny\ny\n", 100_000]);
  });

  it("are killed with all that they started when their time is over", async () => {
    const began = performance.now();
    const { exitCode, timedOut, output } = await run("echo begun; sleep 600 & sleep 600", { timeoutMs: 1_500 });
    assert.deepEqual([exitCode, timedOut, output.kept.toString()], [undefined, true, "begun\n"]);
    assert(performance.now() - began < 60_000);
  });

  it("are not waited for when only their children still hold the streams", async () => {
    const began = performance.now();
    const { exitCode, output } = await run("sleep 600 & echo $!; exit 0");
    process.kill(Number(output.kept.toString()), "SIGKILL");
    assert.equal(exitCode, 0);
    assert(performance.now() - began < 60_000);
  });

  it("read what they are given, and get an environment", async () => {
    const { output } = await processes.run({
      command: ["/bin/sh", "-c", 'cat; printf "$WHO"'],
      env: { WHO: "me" },
      stdin: Buffer.from("in "),
      timeoutMs: 60_000,
      keepBytes: 100,
    });
    assert.equal(output.kept.toString(), "in me");
  });

  it("that are not there are told of in Go's words", async () => {
    const start = (program: string) => processes.run({ command: [program], timeoutMs: 1_000, keepBytes: 1 });
    await assert.rejects(start("/nonexistent/program"), { message: "fork/exec /nonexistent/program: no such file or directory" });
    await assert.rejects(start("no-such-program"), { message: 'exec: "no-such-program": executable file not found in $PATH' });
  });
});

describe("asking by HTTP", () => {
  const web = new RealWebClient();
  const ask = (url: string, changes: object = {}) => web.ask({ method: "GET", url, headers: [], timeoutMs: 60_000, keepBytes: 10, ...changes });

  it("sends method, headers and body as given, and keeps the end of the answer", async () => {
    const address = await listening(
      http.createServer(async (request, response) => {
        let body = "";
        for await (const chunk of request) body += String(chunk);
        response.writeHead(418).end(`0123456789 ${request.method} ${request.headers.host} ${request.headers["x-a"]} ${body}`);
      }),
    );
    const headers = [
      ["Host", "other"],
      ["X-A", "1"],
      ["Content-Length", "2"],
    ];
    const { status, statusText, body } = await ask(`http://${address}/`, { method: "PUT", headers, body: Buffer.from("hi"), keepBytes: 15 });
    assert.deepEqual([status, statusText, body.kept.toString(), body.totalBytes], [418, "I'm a Teapot", " PUT other 1 hi", 25]);
  });

  it("follows redirects, as Go does, and not for ever", async () => {
    const seen: string[] = [];
    const address = await listening(
      http.createServer((request, response) => {
        seen.push(`${request.method} ${request.url}`);
        if (request.url === "/end") response.end("here");
        else response.writeHead(request.url === "/same" ? 307 : 302, { location: request.url === "/round" ? "/round" : "/end" }).end();
      }),
    );
    assert.equal((await ask(`http://${address}/get`, { method: "POST" })).body.kept.toString(), "here");
    assert.equal((await ask(`http://${address}/same`, { method: "POST" })).body.kept.toString(), "here");
    assert.deepEqual(seen, ["POST /get", "GET /end", "POST /same", "POST /end"]);
    await assert.rejects(ask(`http://${address}/round`), /stopped after 10 redirects/);
  });

  it("fails in Go's words", async () => {
    await assert.rejects(ask("http://127.0.0.1:1/"), { message: 'Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused' });
    await assert.rejects(ask("ftp://x/"), { message: 'Get "ftp://x/": unsupported protocol scheme "ftp"' });
    await assert.rejects(ask("http://docker/x", { socketPath: "/no/such.sock" }), /dial unix \/no\/such\.sock: connect: no such file or directory/);
    const aimless = await listening(http.createServer((request, response) => response.writeHead(Number(request.url?.slice(1))).end("here")));
    await assert.rejects(ask(`http://${aimless}/302`), { message: `Get "http://${aimless}/302": 302 response missing Location header` });
    assert.equal((await ask(`http://${aimless}/307`)).status, 307);
    await assert.rejects(ask(`https://${aimless}/200`, { skipVerify: true }), /: (http: server gave HTTP response to HTTPS client)$/);
    const silent = await listening(http.createServer(() => undefined));
    await assert.rejects(ask(`http://${silent}/`, { timeoutMs: 500 }), /context deadline exceeded \(Client\.Timeout exceeded while awaiting headers\)/);
  });
});

describe("asking by TLS", () => {
  const identity = { authorities: [Buffer.from(AUTHORITY)], own: { cert: Buffer.from(CLIENT_CERT), key: Buffer.from(CLIENT_KEY) }, serverName: "" };

  it("believes the authorities given and shows the certificate given, by HTTPS", async () => {
    const options = { cert: SERVER_CERT, key: SERVER_KEY, ca: AUTHORITY, requestCert: true };
    const address = await listening(https.createServer(options, (_, response) => void response.end("well")));
    const web = new RealWebClient();
    const ask = (changes: object) => web.ask({ method: "GET", url: `https://${address}/`, headers: [], timeoutMs: 60_000, keepBytes: 10, ...changes });

    assert.equal((await ask({ identity })).body.kept.toString(), "well");
    assert.equal((await ask({ identity: { ...identity, serverName: "server.dc1.consul" } })).status, 200);
    await assert.rejects(ask({ identity: { ...identity, serverName: "other" } }), /does not match certificate's altnames/);
    await assert.rejects(ask({}), /certificate|handshake|alert/);
    await assert.rejects(ask({ identity: { ...identity, authorities: [] } }), /certificate/);
  });

  it("does so by gRPC", async () => {
    const server = http2.createSecureServer({ cert: SERVER_CERT, key: SERVER_KEY, ca: AUTHORITY, requestCert: true });
    server.on("stream", (stream) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(Buffer.from([0, 0, 0, 0, 0]));
    });
    const target = await listening(server);
    const grpc = new RealGrpcClient();
    const call = (changes: object) =>
      grpc.call({ target, tls: true, skipVerify: false, method: "/x/y", message: new Uint8Array(), timeoutMs: 60_000, ...changes });

    assert.equal((await call({ identity })).code, 0);
    await assert.rejects(call({}), /certificate/);
    assert.equal((await call({ skipVerify: true, identity: { ...identity, authorities: [] } })).code, 0);
  });
});

describe("calling by gRPC", () => {
  const grpc = new RealGrpcClient();
  const call = (target: string, changes: object = {}) =>
    grpc.call({ target, tls: false, skipVerify: false, method: "/grpc.health.v1.Health/Check", message: Buffer.from([1, 2]), timeoutMs: 60_000, ...changes });

  it("takes the reply and the status of the trailers", async () => {
    const server = http2.createServer();
    server.on("stream", (stream) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(Buffer.from([0, 0, 0, 0, 2, 8, 1]));
    });
    const { code, reply } = await call(await listening(server));
    assert.deepEqual([code, [...(reply ?? [])]], [0, [8, 1]]);
  });

  it("takes a refusal without a reply", async () => {
    const server = http2.createServer();
    server.on("stream", (stream) => stream.respond({ ":status": 200, "grpc-status": "12", "grpc-message": "unknown%20service" }, { endStream: true }));
    const { code, message, reply } = await call(await listening(server));
    assert.deepEqual([code, message, reply], [12, "unknown service", undefined]);
  });

  it("fails in Go's words", async () => {
    await assert.rejects(call("127.0.0.1:1"), {
      message:
        'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing dial tcp 127.0.0.1:1: connect: connection refused"',
    });
    const plain = await listening(http.createServer());
    await assert.rejects(call(plain), /rpc error: code = Unavailable desc = connection closed/);
    await assert.rejects(call(plain, { tls: true }), {
      message:
        'rpc error: code = Unavailable desc = connection error: desc = "transport: authentication handshake failed: tls: first record does not look like a TLS handshake"',
    });
  });
});

describe("TailBuffer", () => {
  it("keeps the last bytes, whatever the pieces", () => {
    const tail = new TailBuffer(5);
    for (const letter of "abcdefghij".repeat(100)) tail.add(Buffer.from(letter));
    assert.deepEqual([tail.take().kept.toString(), tail.take().totalBytes], ["fghij", 1_000]);
  });
});

describe("this machine", () => {
  it("reports what Consul's agent/host has", async () => {
    const report = await new RealMachine().report();
    assert.deepEqual(Object.keys(report), ["Memory", "CPU", "Host", "Disk", "CollectionTime", "Errors"]);
    assert.equal(report["Errors"], null);
  });
});
