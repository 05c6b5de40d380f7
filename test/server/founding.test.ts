import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asIndex, asNodeId } from "../../src/base/ids.ts";
import type { RaftNode } from "../../src/raft/index.ts";
import { Pledges } from "../../src/server/pledges.ts";
import { until } from "../support/until.ts";
import { configOf, TestCluster } from "./cluster.ts";

const SELF = "00000000-0000-4000-8000-000000000002";

/** The word of a server with so long a log. */
function pledges(at: { nowMs: number }, lastLogIndex = 0): Pledges {
  const status = { id: asNodeId(SELF), lastLogIndex: asIndex(lastLogIndex), snapshotIndex: asIndex(0) };
  return new Pledges({ status: () => status } as unknown as RaftNode, { now: () => at.nowMs } as never);
}

describe("A server's word to begin a cluster (bootstrap_expect)", () => {
  it("is given to one founder and one set of servers at a time, again and again, and to others when it has run out", () => {
    const at = { nowMs: 0 };
    const word = pledges(at);
    const one = { founder: "a", servers: ["a", SELF, "c"] };
    assert.equal(word.ask(one), "");
    assert.equal(word.ask({ ...one, servers: ["c", "a", SELF] }), "");
    assert.match(word.ask({ founder: SELF, servers: [SELF, "c", "d"] }), /promised itself to server "a"/);
    assert.match(word.ask({ ...one, servers: ["a", SELF] }), /promised/);
    at.nowMs = 10_001;
    assert.equal(word.ask({ founder: SELF, servers: [SELF, "c", "d"] }), "");
    assert.match(word.ask(one), /promised/);
  });

  it("is not given by a server with a log, nor for a cluster that is without it", () => {
    assert.match(pledges({ nowMs: 0 }, 1).ask({ founder: "a", servers: ["a", SELF] }), /has a log already/);
    assert.match(pledges({ nowMs: 0 }).ask({ founder: "a", servers: ["a", "b"] }), /not among/);
  });
});

describe("Servers of one process with gossip", () => {
  const none = {
    gossipIntervalMs: 20,
    gossipNodes: undefined,
    probeIntervalMs: undefined,
    probeTimeoutMs: undefined,
    suspicionMult: undefined,
    retransmitMult: undefined,
  };
  const pool = { bind: "127.0.0.1:0", advertise: "127.0.0.1:0", allowedNetworks: [], reconnectTimeoutMs: 72 * 3_600_000, timing: none };
  const gossip = { ...configOf(1).gossip, lan: pool };

  it("that do not agree on how many they expect begin nothing, until one that was wrong is gone", async () => {
    await using cluster = new TestCluster();
    const first = await cluster.add(1, { gossip, bootstrapExpect: 2 });
    const join = { ...configOf(1).join, startJoin: [first.pools?.lan.address ?? ""] };
    const wrong = await cluster.add(2, { gossip, join, bootstrapExpect: 3 });
    const third = await cluster.add(3, { gossip, join, bootstrapExpect: 2 });
    await until("all see all", () => cluster.nodes.every((node) => node.pools?.lan.members().length === 3));
    for (const [name, values] of [
      ["s1", "3 and not 2"],
      ["s2", "2 and not 3"],
      ["s3", "3 and not 2"],
    ] as const)
      await until(`${name} has looked and begins nothing`, () =>
        cluster.warnings.some((line) => line.startsWith(name) && line.includes(`expect value, ${values}`)),
      );
    assert.deepEqual(
      cluster.nodes.map((node) => node.raft.status().lastLogIndex),
      [0, 0, 0],
    );

    await wrong.leave();
    cluster.nodes.splice(cluster.nodes.indexOf(wrong), 1);

    await until("the two begin a cluster", () => third.raft.status().configuration.servers.length === 2);
    await cluster.promoted(2);
  });
});
