import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createConnection, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { Cluster } from "../support/cluster.ts";
import { familyOf, PROGRAM } from "../support/programs.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { until } from "../support/until.ts";

const HTTP = 8500;
const RPC = 8300;
/** Connections that stand idle at once; both ends are file descriptors of processes that may have 20,000 of them or fewer. */
const IDLE = 5_000;

describe("a server under hostile input", { timeout: 400_000 }, () => {
  let cluster: Cluster;
  let server: ServerProcess;
  before(async () => {
    cluster = await Cluster.form({ servers: 1, config: { limits: { http_max_conns_per_client: 8_000, rpc_max_conns_per_client: 8_000 } } });
    server = await cluster.leader();
    await server.api.put("alive", "yes");
  });
  after(() => cluster[Symbol.asyncDispose]());

  const story = (name: string, tell: () => Promise<void>): void => {
    it(name, async () => {
      const { pid } = server.process;
      await tell();
      assert(server.running, `it lives\n${server.logTail()}`);
      assert.equal(server.process.pid, pid);
      assert.equal(await server.api.get("alive"), "yes");
      assert.equal(await server.api.put("alive", "yes"), true);
    });
  };

  // Statuses as Consul 1.8.7 gives them, odd ones included.
  const statuses: readonly (readonly [string, string, string, string | Buffer | undefined, number])[] = [
    ["a value above 512 KiB", "PUT", "/v1/kv/large", Buffer.alloc(512 * 1024 + 1, 120), 413],
    ["a transaction that is no JSON", "PUT", "/v1/txn", "{", 400],
    ["a transaction with an unknown verb", "PUT", "/v1/txn", '[{"KV":{"Verb":"dance","Key":"a"}}]', 409],
    ["a session that is no JSON", "PUT", "/v1/session/create", "]", 400],
    ["an absurd wait", "GET", "/v1/kv/alive?index=1&wait=a-while", undefined, 400],
    ["a negative index", "GET", "/v1/kv/alive?index=-1", undefined, 400],
    ["flags that are no number", "PUT", "/v1/kv/alive?flags=many", "x", 500],
    ["a cas that is no number", "PUT", "/v1/kv/alive?cas=never", "x", 500],
    ["a method that there is not", "PATCH", "/v1/kv/alive", undefined, 405],
    ["a path that there is not", "GET", "/v1/nothing/here", undefined, 404],
    ["both ways to read at once", "GET", "/v1/kv/alive?stale&consistent", undefined, 400],
    ["a snapshot that is none", "PUT", "/v1/snapshot", "nonsense", 500],
  ];
  for (const [name, method, path, body, status] of statuses) {
    story(`answers ${name} with ${status} and lives`, async () => {
      const answer = await server.api.ask(method, path, body === undefined ? {} : { body });
      assert.equal(answer.status, status, answer.body.toString());
      assert(status === 404 || answer.body.length > 0, "there is a word of explanation");
    });
  }

  story("lives through broken requests on the HTTP port", async () => {
    const broken = [
      "\r\n\r\n",
      "GET\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      `GET /${"a".repeat(100_000)} HTTP/1.1\r\n\r\n`,
      `GET / HTTP/1.1\r\nX: ${"b".repeat(200_000)}\r\n\r\n`,
    ];
    const chunked = "PUT /v1/kv/c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
    const lengths = [
      "Content-Length: -1",
      "Content-Length: 99999999999999999999",
      "Content-Length: 1\r\nContent-Length: 2",
      "Transfer-Encoding: chunked\r\nContent-Length: 5",
    ];
    const puts = lengths.map((length) => `PUT /v1/kv/c HTTP/1.1\r\nHost: x\r\n${length}\r\n\r\nhello`);
    for (const text of [...broken, chunked, ...puts]) await throwAt(server, HTTP, Buffer.from(text));
    for (let n = 0; n < 20; n++) await throwAt(server, HTTP, randomBytes(1_000));
  });

  story("lives through half requests, and slow ones", async () => {
    const sockets = await Promise.all(Array.from({ length: 50 }, () => connected(server, HTTP)));
    for (const [at, socket] of sockets.entries())
      socket.write(
        at % 2 === 0 ? "PUT /v1/kv/half HTTP/1.1\r\nHost: x\r\nContent-Le" : "PUT /v1/kv/half HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc",
      );
    await readByNow(server);
    for (const [at, socket] of sockets.entries()) if (at % 3 === 0) socket.destroy();
    assert.equal(await server.api.get("half"), undefined);
    for (const socket of sockets) socket.destroy();
  });

  story("lives through a client that asks for much and reads nothing", async () => {
    await server.api.put("big", Buffer.alloc(500_000, 97));
    const sockets = await Promise.all(Array.from({ length: 20 }, () => connected(server, HTTP)));
    for (const socket of sockets) {
      socket.pause();
      socket.write("GET /v1/kv/big HTTP/1.1\r\nHost: x\r\n\r\n".repeat(20));
    }
    await readByNow(server);
    for (const socket of sockets) socket.destroy();
  });

  story("answers several requests sent in one go on one connection, in order", async () => {
    const socket = await connected(server, HTTP);
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
    });
    const puts = Array.from({ length: 20 }, (_, n) => `PUT /v1/kv/piped/${n} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n${n % 10}`);
    const gets = Array.from({ length: 20 }, (_, n) => `GET /v1/kv/piped/${n}?raw HTTP/1.1\r\nHost: x\r\n\r\n`);
    socket.write([...puts, ...gets].join(""));
    await until("forty answers", () => text.split("HTTP/1.1 200 OK").length === 41);
    const bodies = text
      .split("HTTP/1.1 200 OK")
      .slice(21)
      .map((answer) => answer.split("\r\n\r\n")[1]);
    assert.deepEqual(
      bodies,
      Array.from({ length: 20 }, (_, n) => String(n % 10)),
    );
    socket.destroy();
  });

  story(`serves others while ${IDLE} connections are open and idle`, async () => {
    const sockets: Socket[] = [];
    while (sockets.length < IDLE) sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => connected(server, HTTP)))));
    assert.equal(await server.api.put("alive", "yes"), true);
    for (const socket of sockets) socket.destroy();
  });

  story("lives through garbage, silence and floods on the server port", async () => {
    for (let n = 0; n < 30; n++) await throwAt(server, RPC, randomBytes(2_000));
    await throwAt(server, RPC, Buffer.alloc(100_000, 0xff));
    await throwAt(server, RPC, Buffer.alloc(100_000, 0));
    await throwAt(server, RPC, Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    // The first byte of each kind of connection that real servers know, then lengths that nobody should believe.
    for (let first = 0; first < 10; first++) await throwAt(server, RPC, Buffer.concat([Buffer.from([first, 0xff, 0xff, 0xff, 0xff]), randomBytes(64)]));
    const idle = await Promise.all(Array.from({ length: 200 }, () => connected(server, RPC)));
    assert.equal(await server.api.put("alive", "yes"), true);
    for (const socket of idle) socket.destroy();
  });

  story("does not keep memory for those who have gone", async () => {
    if (familyOf(PROGRAM) === "consul") return;
    const before = server.process.memory();
    for (let round = 0; round < 20; round++) {
      const sockets = await Promise.all(Array.from({ length: 200 }, () => connected(server, HTTP)));
      for (const socket of sockets) socket.write("GET /v1/kv/alive?index=1000000000&wait=10m HTTP/1.1\r\nHost: x\r\n\r\n");
      await readByNow(server);
      for (const socket of sockets) socket.destroy();
    }
    await until("4,000 blocking queries whose clients went away cost less than 150 MB", () => (server.process.memory() - before) / 2 ** 20 < 150);
  });
});

function connected(server: ServerProcess, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: server.address, port });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      socket.on("error", () => undefined); // being cut off is one of the answers that are right
      resolve(socket);
    });
  });
}

/** Sends bytes and gives the server the time to read them, to answer or to hang up. */
async function throwAt(server: ServerProcess, port: number, bytes: Uint8Array): Promise<void> {
  const socket = await connected(server, port);
  socket.resume();
  await new Promise((resolve) => socket.write(bytes, resolve));
  await readByNow(server);
  socket.destroy();
}

/** What was sent before is read when this is over: the server's loop looks at every socket on its way from one of these answers to the next. */
async function readByNow(server: ServerProcess): Promise<void> {
  for (let n = 0; n < 5; n++) assert.equal(await server.api.get("alive"), "yes");
}
