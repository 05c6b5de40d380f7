import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { describe, it } from "node:test";
import { freeLoopback } from "../support/addresses.ts";
import { Cluster } from "../support/cluster.ts";
import { familyOf, PROGRAM } from "../support/programs.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { until } from "../support/until.ts";
import { Writers } from "./writers.ts";

/** A member's state as the API gives it. */
const FAILED = 4;

describe("a restart", { timeout: 400_000 }, () => {
  it("in order, one server after another under load, loses nothing (rolling restart)", async () => {
    await using cluster = await Cluster.form({ servers: 3, config: { leave_on_terminate: false } });
    await using writers = new Writers(cluster, 6);
    for (const server of cluster.servers) {
      await writers.progress(50);
      await server.stop();
      await writers.progress(20);
      server.start();
      await cluster.allVote();
    }
    await writers.stop();
    await writers.check();
  });

  it("of a single server with SIGTERM keeps everything and ends with exit code 0 or 1, as Consul does", async () => {
    await using cluster = await Cluster.form({ servers: 1 });
    const server = await cluster.leader();
    await server.api.put("kept", "yes");
    assert((await server.stop()) !== null, "it ended by itself, not by SIGKILL");
    server.start();
    await cluster.leader();
    assert.equal(await server.api.get("kept"), "yes");
  });

  it("of all servers at new addresses brings the same cluster back: a server is its id, not its address", async () => {
    await using cluster = await Cluster.form({ servers: 3 });
    await (await cluster.leader()).api.put("kept", "yes");
    await Promise.all(cluster.servers.map((server) => server.kill()));
    const prefix = await freeLoopback();
    for (const [at, server] of cluster.servers.entries()) server.moveTo(`${prefix}.${at + 101}`);
    const hints = cluster.servers.map((server) => `-retry-join=${server.address}`);
    for (const server of cluster.servers) {
      server.start(hints);
      if (familyOf(PROGRAM) === "consul") await server.answers();
    }
    const leader = await cluster.leader(60_000);
    assert.equal(await leader.api.get("kept"), "yes");
    await until("the configuration has the new addresses", async () => {
      const peers = (await leader.api.json("GET", "/v1/status/peers")) as readonly string[];
      return cluster.servers.every(({ serverAddress }) => peers.includes(serverAddress));
    });
    await cluster.allVote();
  });

  it("is not needed by a follower that stood still for a while, nor does it unseat the leader", async () => {
    const autopilot = { server_stabilization_time: "100ms", cleanup_dead_servers: false }; // who has failed stays a voter
    await using cluster = await Cluster.form({ servers: 3, config: { autopilot } });
    const leader = await cluster.leader();
    const [follower] = await cluster.followers();
    assert(follower !== undefined);
    follower.freeze();
    // To find a member failed takes gossip a probe and a suspicion: several election timeouts.
    await until("the others have given it up", async () => {
      const members = (await leader.api.json("GET", "/v1/agent/members")) as readonly { readonly Name: string; readonly Status: number }[];
      return members.some(({ Name, Status }) => Name === follower.name && Status === FAILED);
    });
    await leader.api.put("meanwhile", "yes");
    follower.thaw();
    await until("it has caught up", async () => (await follower.api.get("meanwhile", "stale")) === "yes");
    for (let n = 0; n < 200; n++) await leader.api.put("afterwards", String(n));
    await until("it follows", async () => (await follower.api.get("afterwards", "stale")) === "199");
    assert.equal((await cluster.leader()).name, leader.name, "the stall of one's own process is not the silence of the leader");
  });
});

describe("a leader that stood still", { timeout: 400_000 }, () => {
  it("does not answer a default read, which waited in its socket, with what was true before (lease, thesis §6.4.1)", async (t) => {
    if (familyOf(PROGRAM) === "consul") return t.diagnostic("Consul does not promise this");
    await using cluster = await Cluster.form({ servers: 3 });
    for (let round = 0; round < 3; round++) {
      const old = await cluster.leader();
      await old.api.put("truth", `old ${round}`);
      const reads = await Promise.all(Array.from({ length: 10 }, () => waitingRead(old)));
      old.freeze();
      for (const read of reads) read.send();
      const others = cluster.servers.filter((server) => server !== old);
      await until(
        "the others have written",
        async () => (await others[0]?.api.ask("PUT", "/v1/kv/truth", { body: `new ${round}`, timeoutMs: 5_000 }))?.status === 200,
      );
      old.thaw();
      for (const read of reads) {
        const answer = await read.answer;
        if (answer.startsWith("HTTP/1.1 200")) assert.match(answer, new RegExp(`new ${round}$`));
      }
      await cluster.allVote();
    }
  });
});

/** A default read that is sent when told, on a connection that is there before; its answer as it came, empty when the connection was cut. */
function waitingRead(server: ServerProcess): Promise<{ send(): void; readonly answer: Promise<string> }> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: server.address, port: 8500 });
    socket.once("error", reject);
    socket.once("connect", () => {
      const answer = new Promise<string>((done) => {
        let text = "";
        socket.on("data", (bytes) => {
          text += bytes.toString("latin1");
        });
        socket.on("error", () => done(text));
        socket.on("close", () => done(text));
      });
      resolve({ send: () => socket.write("GET /v1/kv/truth?raw HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), answer });
    });
  });
}
