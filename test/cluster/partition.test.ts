import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import { Cluster } from "../support/cluster.ts";
import { counted } from "../support/metrics.ts";
import { cannotRun } from "../support/missing.ts";
import { missingForNetworks, Network } from "../support/network.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { until } from "../support/until.ts";
import { Writers } from "./writers.ts";

const missing = missingForNetworks();

describe("a partition", { timeout: 400_000 }, () => {
  let network: Network;
  let cluster: Cluster;

  const story = (name: string, tell: () => Promise<void>): void => {
    it(name, async (t: TestContext) => {
      if (missing !== undefined) return cannotRun(t, `${missing} (partitions of real servers)`);
      try {
        await tell();
      } finally {
        network.heal();
      }
    });
  };
  const cutOff = (server: ServerProcess): void => {
    const at = cluster.servers.indexOf(server);
    for (const other of cluster.servers.keys()) if (other !== at) network.cut(at, other);
  };

  before(async () => {
    if (missing !== undefined) return;
    network = new Network(3);
    cluster = await Cluster.form({ servers: 3, places: network.hosts });
  });
  after(async () => {
    await cluster?.[Symbol.asyncDispose]();
    network?.[Symbol.dispose]();
  });

  story("leaves a leader that is alone unable to acknowledge writes or to serve reads, while the others go on", async () => {
    const old = await cluster.leader();
    await old.api.put("truth", "before");
    cutOff(old);
    const alone = old.api.ask("PUT", "/v1/kv/truth", { body: "lost", timeoutMs: 60_000 });
    const others = cluster.servers.filter((server) => server !== old);
    const next = await leaderAmong(others);
    await until("the others write", () => next.api.put("truth", "after"));
    for (const mode of ["", "consistent"]) {
      const answer = await old.api.ask("GET", `/v1/kv/truth?raw&${mode}`, { timeoutMs: 30_000 });
      assert.equal(answer.status, 500, `a read (${mode || "default"}) by the lonely server: ${answer.body.toString()}`);
    }
    assert.equal(await old.api.get("truth", "stale"), "before");
    network.heal();
    assert.notEqual((await alone).status, 200, "nobody may be told that the lonely write was done");
    await cluster.allVote();
    await until("the old leader has heard", async () => (await old.api.get("truth", "stale")) === "after");
    assert.equal(await old.api.get("truth", "consistent"), "after");
  });

  story("of a follower that comes back does not unseat the leader (pre-vote, thesis §9.6)", async () => {
    const leader = await cluster.leader();
    const [follower] = await cluster.followers();
    assert(follower !== undefined);
    const term = await termOf(leader);
    const asked = await counted(follower, "raft.state.precandidate");
    cutOff(follower);
    await until("it wants an election", async () => (await counted(follower, "raft.state.precandidate")) > asked);
    await writeMany(leader, "while one is cut off");
    network.heal();
    await until("it is back", async () => (await follower.api.leader()) === leader.serverAddress);
    await writeMany(leader, "since it is back");
    await until("it has all", async () => (await follower.api.get("many", "stale")) === "since it is back");
    assert.equal((await cluster.leader()).name, leader.name);
    assert.equal(await termOf(leader), term);
  });

  story("in one direction only ends with one leader that can write (check-quorum)", async () => {
    const leader = await cluster.leader();
    const at = cluster.servers.indexOf(leader);
    // Everybody hears the leader, it hears nobody.
    for (const other of cluster.servers.keys()) if (other !== at) network.cutOneWay(other, at);
    const others = cluster.servers.filter((server) => server !== leader);
    await until(
      "the others write without it",
      async () => (await others[0]?.api.ask("PUT", "/v1/kv/oneway", { body: "done", timeoutMs: 5_000 }))?.status === 200,
    );
    network.heal();
    await cluster.allVote();
    assert.equal(await leader.api.get("oneway"), "done");
  });

  story("that moves around under load loses no acknowledged write", async () => {
    await using writers = new Writers(cluster, 6);
    for (let round = 0; round < 4; round++) {
      await writers.progress(50);
      const victim = round % 2 === 0 ? await cluster.leader() : (await cluster.followers())[0];
      assert(victim !== undefined);
      cutOff(victim);
      const others = cluster.servers.filter((server) => server !== victim);
      await writeMany(await leaderAmong(others), `round ${round}`);
      network.heal();
      await cluster.allVote();
    }
    await writers.progress(50);
    await writers.stop();
    await writers.check();
  });
});

/** The one whom all of them follow, as soon as there is one. */
function leaderAmong(servers: readonly ServerProcess[]): Promise<ServerProcess> {
  return until("one whom all of them follow", async () => {
    const names = await Promise.all(servers.map((server) => server.api.leader()));
    return servers.find((server) => names.every((name) => name === server.serverAddress));
  });
}

/** Writes one key so often that whoever disturbs the cluster has had the time for it. */
async function writeMany({ api }: ServerProcess, value: string): Promise<void> {
  for (let n = 0; n < 200; n++) await api.put("many", value);
}

async function termOf(server: ServerProcess): Promise<string> {
  const self = (await server.api.json("GET", "/v1/agent/self")) as { readonly Stats: { readonly raft: { readonly term: string } } };
  return self.Stats.raft.term;
}
