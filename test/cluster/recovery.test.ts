import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { addVoter, Cluster, voters } from "../support/cluster.ts";
import { familyOf, PROGRAM } from "../support/programs.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { until } from "../support/until.ts";

describe("a cluster that lost its quorum for good", { timeout: 400_000 }, () => {
  it("comes back with the two servers that raft/peers.json names", async () => {
    await using cluster = await Cluster.form({ servers: 3 });
    await (await cluster.leader()).api.put("kept", "yes");
    const [one, two, three] = cluster.servers;
    assert(one !== undefined && two !== undefined && three !== undefined);
    await Promise.all([one.kill(), two.kill(), three.kill()]);
    const remaining = [one, two];
    const peers = remaining.map((server) => ({ id: nodeId(server), address: server.serverAddress, non_voter: false }));
    for (const server of remaining) {
      writeFileSync(join(server.dataFolder, "raft", "peers.json"), JSON.stringify(peers));
      server.start();
    }
    const leader = await cluster.leader(60_000);
    assert.equal(await leader.api.get("kept"), "yes");
    assert.deepEqual([...(await voters(leader))].sort(), remaining.map(nodeId).sort());
    for (const server of remaining) assert(!existsSync(join(server.dataFolder, "raft", "peers.json")), "the file is used once");
  });

  it("comes back from one server by one command, which states the loss first", async (t) => {
    if (familyOf(PROGRAM) === "consul") return t.diagnostic("Consul has no such command");
    await using cluster = await Cluster.form({ servers: 3 });
    await (await cluster.leader()).api.put("kept", "yes");
    const [one, two] = cluster.servers;
    assert(one !== undefined && two !== undefined);
    await until("the first has it itself", async () => (await one.api.get("kept", "stale")) === "yes");
    await Promise.all(cluster.servers.map((server) => server.kill()));
    const asked = recover(one);
    assert.notEqual(asked.status, 0, "nothing is done before the loss is accepted");
    assert.match(asked.stdout + asked.stderr, /los[est]/i, "it says what is lost");
    const done = recover(one, "-yes");
    assert.equal(done.status, 0, done.stdout + done.stderr);
    one.start();
    await until("it leads alone", async () => (await one.api.leader()) === one.serverAddress);
    assert.equal(await one.api.get("kept"), "yes");
    assert.deepEqual(await voters(one), [nodeId(one)]);
  });

  it("takes a new server in where a dead one was removed", async (t) => {
    if (familyOf(PROGRAM) === "consul") return t.diagnostic("Consul joins by gossip");
    await using cluster = await Cluster.form({ servers: 3 });
    const leader = await cluster.leader();
    const [gone, stays] = await cluster.followers();
    assert(gone !== undefined && stays !== undefined);
    const id = nodeId(gone);
    await gone.kill();
    assert.equal((await leader.api.ask("DELETE", `/v1/operator/raft/peer?id=${id}`)).status, 200);
    await until("it is out", async () => !(await voters(leader)).includes(id));
    await using spare = await Cluster.plan({ servers: 1, prefix: "fresh" });
    const [fresh] = spare.servers;
    assert(fresh !== undefined);
    fresh.start();
    await fresh.answers();
    await leader.api.put("before", "joined");
    await addVoter(leader, fresh);
    await until("the new one has everything", async () => (await fresh.api.get("before", "stale")) === "joined");
    await leader.kill();
    const next = await until("one of the two leads", async () => {
      const name = await fresh.api.leader();
      return [fresh, stays].find(({ serverAddress }) => serverAddress === name);
    });
    assert.equal(await next.api.put("after", "election"), true);
  });
});

function nodeId(server: ServerProcess): string {
  return readFileSync(join(server.dataFolder, "node-id"), "utf8").trim();
}

function recover(server: ServerProcess, ...flags: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(PROGRAM, ["operator", "raft", "recover", `-data-dir=${server.dataFolder}`, ...flags], { encoding: "utf8", input: "", timeout: 30_000 });
}
