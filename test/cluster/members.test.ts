import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { freeLoopback } from "../support/addresses.ts";
import { health, holdKey, isHeld, QUICK_GOSSIP, statuses } from "../support/catalog.ts";
import { Cluster, voters } from "../support/cluster.ts";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import { PROGRAM } from "../support/programs.ts";
import { ServerProcess } from "../support/server-process.ts";
import { until } from "../support/until.ts";

const SETTINGS = { ...QUICK_GOSSIP, performance: { raft_multiplier: 1, leave_drain_time: "100ms" } };

function other(cluster: Cluster, than: ServerProcess): ServerProcess {
  const found = cluster.running.find((server) => server !== than);
  assert(found !== undefined);
  return found;
}

describe("servers that expect each other (bootstrap_expect)", { timeout: 400_000 }, () => {
  for (const servers of [1, 3, 5]) {
    it(`form a cluster of ${servers} by themselves, all of it in the catalog`, async () => {
      await using cluster = await Cluster.form({ servers, config: SETTINGS });
      for (const server of cluster.servers) {
        await until(
          `${server.name} sees all in the catalog`,
          async () => [...(await health(server)).values()].filter((one) => one === "passing").length === servers,
        );
        await until(`${server.name} sees all alive`, async () => [...(await statuses(server)).values()].filter((one) => one === 1).length === servers);
        // what one piece of news misses comes with the next exchange of lists
        await until(`${server.name} sees all servers in the WAN pool`, async () => (await statuses(server, "?wan=1")).size === servers, 130_000);
      }
    });
  }

  it("take in a server that comes later, which learns and then votes", async () => {
    await using cluster = await Cluster.form({ servers: 3, config: SETTINGS });
    await using late = await Cluster.plan({ servers: 1, prefix: "late", config: SETTINGS });
    const [first] = cluster.servers;
    const [newcomer] = late.servers;
    assert(first !== undefined && newcomer !== undefined);
    newcomer.start([`-retry-join=${first.address}`]);
    await until("it votes", async () => (await voters(first)).length === 4);
    assert.equal(await newcomer.api.get("formed"), "yes");
  });
});

describe("dev agents", { timeout: 400_000 }, () => {
  it("that are told to join another one form one cluster with it, as on the page of Consul's image", async () => {
    const net = await freeLoopback();
    const folder = scratchFolder("dev");
    const dev = (number: number): ServerProcess =>
      new ServerProcess({
        program: PROGRAM,
        name: `d${number}`,
        address: `${net}.${number}`,
        folder: join(folder, `d${number}`),
        config: { autopilot: { server_stabilization_time: "100ms" } },
      });
    const [first, second] = [dev(1), dev(2)];
    try {
      first.start(["-dev"]);
      await until("it writes", () => first.api.put("alone", "yes"));
      second.start(["-dev", `-join=${first.address}`]);
      await until("both vote", async () => (await voters(first)).length === 2);
      assert.equal(await second.api.get("alone"), "yes");
      await until("the second sees both", async () => [...(await statuses(second)).values()].join() === "1,1");
    } finally {
      await Promise.all([first.kill(), second.kill()]);
      removeFolder(folder);
    }
  });
});

describe("a member", { timeout: 400_000 }, () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await Cluster.form({ servers: 3, config: SETTINGS });
  });
  after(() => cluster[Symbol.asyncDispose]());

  it("that is killed fails, its session ends at once, autopilot takes it out, and it comes back as a voter without a word", async () => {
    for (const pick of ["leader", "follower"] as const) {
      const victim = pick === "leader" ? await cluster.leader() : (await cluster.followers())[0];
      assert(victim !== undefined);
      const witness = other(cluster, victim);
      await until("its health is known", async () => (await health(witness)).get(victim.name) === "passing");
      await holdKey(victim, `held/${pick}`);
      await victim.kill();
      await until("its session has ended", async () => !(await isHeld(witness, `held/${pick}`)));
      await until("it has been taken out", async () => (await voters(witness)).length === 2 && !(await health(witness)).has(victim.name));
      await until("the pool counts it as left", async () => (await statuses(witness)).get(victim.name) === 3);
      victim.start();
      await cluster.allVote();
      await until("it is well again", async () => (await health(witness)).get(victim.name) === "passing");
    }
  });

  it("that leaves is gone from catalog and raft, leader or not, and may come back", async () => {
    for (const pick of ["follower", "leader"] as const) {
      const leaver = pick === "leader" ? await cluster.leader() : (await cluster.followers())[0];
      assert(leaver !== undefined);
      const witness = other(cluster, leaver);
      await leaver.api.ask("PUT", "/v1/agent/leave", { timeoutMs: 30_000 });
      assert.equal((await leaver.process.exited).code, 0);
      await until("it has left", async () => (await statuses(witness)).get(leaver.name) === 3);
      await until("the others vote", async () => (await voters(witness)).length === 2);
      await until("the catalog is without it", async () => !(await health(witness)).has(leaver.name));
      assert.equal(await witness.api.put("while/away", pick), true);
      leaver.start([`-retry-join=${witness.address}`]);
      await cluster.allVote();
      assert.equal(await leaver.api.get("while/away"), pick);
    }
  });

  it("of a machine built anew takes its old name over as soon as the old one has failed", async () => {
    const [victim] = await cluster.followers();
    assert(victim !== undefined);
    const witness = other(cluster, victim);
    await victim.kill();
    rmSync(victim.dataFolder, { recursive: true, force: true });
    await until("it has failed", async () => (await statuses(witness)).get(victim.name) !== 1);
    const before = await voters(witness);
    victim.start(cluster.servers.map(({ address }) => `-retry-join=${address}`));
    await until("it votes under a new id", async () => {
      const now = await voters(witness);
      return now.length === 3 && now.some((id) => !before.includes(id));
    });
    await until("it is well", async () => (await health(witness)).get(victim.name) === "passing");
  });
});

describe("all servers", { timeout: 400_000 }, () => {
  it("come back by themselves after they were killed together", async () => {
    await using cluster = await Cluster.form({ servers: 3, config: SETTINGS });
    await (await cluster.leader()).api.put("kept", "yes");
    await Promise.all(cluster.servers.map((server) => server.kill()));
    for (const server of cluster.servers) server.start();
    await cluster.allVote();
    for (const server of cluster.servers) {
      assert.equal(await server.api.get("kept"), "yes");
      await until("all are alive", async () => [...(await statuses(server)).values()].filter((one) => one === 1).length === 3);
    }
  });

  it("come back at new addresses, told of one of them", async () => {
    await using cluster = await Cluster.form({ servers: 3, config: SETTINGS });
    await (await cluster.leader()).api.put("kept", "yes");
    await Promise.all(cluster.servers.map((server) => server.kill()));
    await using elsewhere = await Cluster.plan({ servers: 3 });
    cluster.servers.forEach((server, at) => {
      server.moveTo(elsewhere.servers[at]?.address ?? "");
    });
    const [first] = cluster.servers;
    for (const server of cluster.servers) server.start([`-retry-join=${first?.address ?? ""}`]);
    const leader = await cluster.leader();
    assert.equal(await leader.api.get("kept"), "yes");
    await cluster.allVote();
    const peers = await until("raft has the new addresses", async () => {
      const now = (await leader.api.json("GET", "/v1/status/peers")) as readonly string[];
      return cluster.servers.every(({ serverAddress }) => now.includes(serverAddress)) && now;
    });
    assert.equal(peers.length, 3);
  });

  it("that leave one after the other never empty the voter set: the last one leads again with all it had", async () => {
    await using cluster = await Cluster.form({ servers: 2, config: SETTINGS });
    const [first, last] = cluster.servers;
    assert(first !== undefined && last !== undefined);
    await last.api.put("kept", "yes");
    for (const server of [first, last]) {
      await server.api.ask("PUT", "/v1/agent/leave", { timeoutMs: 30_000 });
      await server.process.exited;
    }
    last.start();
    await until("it leads alone", async () => (await last.api.leader()) === last.serverAddress);
    assert.equal(await last.api.get("kept"), "yes");
  });
});
