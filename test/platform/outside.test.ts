import assert from "node:assert/strict";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import { describe, it } from "node:test";
import { RealGrpcClient } from "../../src/platform/grpc-client.ts";
import { RealMachine } from "../../src/platform/machine.ts";
import { RealProcesses } from "../../src/platform/processes.ts";
import { TailBuffer } from "../../src/platform/tail-buffer.ts";
import { RealWebClient } from "../../src/platform/web-client.ts";
import { listening } from "../support/listening.ts";
import { AUTHORITY, CLIENT_CERT, CLIENT_KEY, PAST_CERT, PAST_KEY, SERVER_CERT, SERVER_KEY } from "../support/tls.ts";

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
    await assert.rejects(
      ask({ identity: { ...identity, serverName: "other" } }),
      /: x509: certificate is valid for server\.dc1\.consul, localhost, not other$/,
    );
    await assert.rejects(ask({}), /certificate|handshake|alert/);
    await assert.rejects(ask({ identity: { ...identity, authorities: [] } }), /: x509: certificate signed by unknown authority$/);
    const { own: _shown, ...bare } = identity;
    await assert.rejects(ask({ identity: { ...bare, own: undefined } }), /: (remote error: tls: certificate required|EOF)$/);
  });

  it("tells what is wrong with a certificate in Go's order and words, and skips all of it when told to", async () => {
    const web = new RealWebClient();
    const ask = (address: string, changes: object) =>
      web.ask({ method: "GET", url: `https://${address}/`, headers: [], timeoutMs: 60_000, keepBytes: 10, ...changes });
    const past = await listening(https.createServer({ cert: PAST_CERT, key: PAST_KEY }, (_, response) => void response.end("past")));
    const other = await listening(https.createServer({ cert: SERVER_CERT, key: SERVER_KEY }, (_, response) => void response.end("well")));

    await assert.rejects(ask(past, {}), /: x509: certificate has expired or is not yet valid: current time \S+Z is after 2020-01-02T00:00:00Z$/);
    await assert.rejects(ask(other, { identity: { ...identity, authorities: [], serverName: "n1" } }), /: x509: certificate is valid for .*, not n1$/);
    await assert.rejects(
      ask(other, { identity: { ...identity, serverName: "10.0.0.1" } }),
      /: x509: certificate is valid for 127\.0\.0\.15, 127\.0\.0\.1, not 10/,
    );
    for (const address of [past, other]) assert.equal((await ask(address, { skipVerify: true })).status, 200);
  });

  it("asks servers that know nothing newer than TLS 1.1, unless the agent's own settings say otherwise", async () => {
    const old = { cert: SERVER_CERT, key: SERVER_KEY, minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    const address = await listening(https.createServer(old, (_, response) => void response.end("old")));
    const web = new RealWebClient();
    const ask = (minVersion: "TLSv1" | "TLSv1.2") =>
      web.ask({ method: "GET", url: `https://${address}/`, headers: [], timeoutMs: 60_000, keepBytes: 10, identity: { ...identity, minVersion } });

    assert.equal((await ask("TLSv1")).body.kept.toString(), "old");
    await assert.rejects(ask("TLSv1.2"), /: remote error: tls: protocol version not supported$/);
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
    assert.match((await call({})).message, /handshake failed: x509: certificate signed by unknown authority"$/);
    assert.equal((await call({ skipVerify: true, identity: { ...identity, authorities: [] } })).code, 0);
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
