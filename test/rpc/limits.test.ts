import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { describe, it } from "node:test";
import { Scope } from "../../src/base/scope.ts";
import { realPlatform } from "../../src/platform/index.ts";
import { Rpc } from "../../src/rpc/index.ts";
import { idOf } from "./helpers.ts";

interface Limits {
  readonly maxConnectionsPerHost?: number;
  readonly helloTimeoutMs?: number;
}

function start(scope: Scope, limits: Limits, write: (line: string) => void = () => undefined): Promise<Rpc> {
  const platform = realPlatform(scope, { log: { level: "warn", write } });
  return Rpc.start({ platform, id: idOf(1), name: "s1", datacenter: "dc1", bind: "127.0.0.1:0", advertise: "127.0.0.1:0", ...limits }).then((rpc) =>
    scope.use(rpc),
  );
}

/** A caller that says nothing; `closed` resolves when the other end has closed. */
function silent(rpc: Rpc): { readonly socket: Socket; readonly closed: Promise<void> } {
  const [host = "", port = ""] = rpc.address.split(":");
  const socket = connect({ host, port: Number(port) });
  const closed = new Promise<void>((done) => {
    socket.on("error", () => undefined); // told by the closing
    socket.once("close", () => done());
  });
  socket.resume();
  return { socket, closed };
}

describe("the server port", () => {
  it("closes a connection too many of one host (limits.rpc_max_conns_per_client), and takes one again when another has ended", async () => {
    await using scope = new Scope();
    const rpc = await start(scope, { maxConnectionsPerHost: 2 });
    const first = silent(rpc);
    const second = silent(rpc);
    await Promise.all([first, second].map(({ socket }) => new Promise((done) => socket.once("connect", done))));

    await silent(rpc).closed;
    assert.equal(first.socket.destroyed || second.socket.destroyed, false);
    rpc.limitConnections(1);
    await silent(rpc).closed;
    rpc.limitConnections(0);
    const free = silent(rpc);
    await new Promise((done) => free.socket.once("connect", done));
    for (const { socket } of [first, second, free]) socket.destroy();
  });

  it("closes a connection that does not say who it is in time (limits.rpc_handshake_timeout)", async () => {
    await using scope = new Scope();
    const rpc = await start(scope, { helloTimeoutMs: 30 });
    await silent(rpc).closed;
  });

  it("tells in the log that an agent of Consul called, whose RPC is another", async () => {
    await using scope = new Scope();
    const lines: string[] = [];
    const rpc = await start(scope, {}, (line) => lines.push(line));
    const agent = silent(rpc);
    agent.socket.write(Uint8Array.of(4, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0)); // as 1.8.7 opens its first stream
    await agent.closed;
    assert.match(lines.join(""), /Connection closed: remote=127\.0\.0\.1:\d+ error="Cannot serve agent of Consul: .* \(type 4\) is not spoken here"/);
  });
});
