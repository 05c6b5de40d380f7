import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asIndex, asTerm } from "../../../src/base/ids.ts";
import { DEFAULT_TIMING } from "../../../src/raft/core/index.ts";
import { SNAPSHOT_CHUNK_BYTES, SNAPSHOT_WINDOW_BYTES } from "../../../src/raft/core/limits.ts";
import type { SnapshotChunk } from "../../../src/raft/core/messages.ts";
import { bootstrapped, Cluster, emptyDisk, id, voters } from "./cluster.ts";

const { electionTicks, heartbeatTicks, withholdTicks } = DEFAULT_TIMING;
const TAIL = { tail: { entries: 2, bytes: 1e6 } };

/** a leads, c is away, the log behind the snapshot is cut. */
function behind(commands = 12, size = 1): Cluster {
  const cluster = Cluster.of(3, TAIL).elect("a");
  cluster.isolate("c");
  for (let n = 0; n < commands; n++) cluster.propose("a", `${n}`.padEnd(size, ".")).settle();
  return save(cluster);
}

function save(cluster: Cluster, name = "a"): Cluster {
  const saved = cluster.at(name).snapshot();
  if (saved !== undefined) cluster.step(name, saved);
  return cluster.settle();
}

function chunksTo(cluster: Cluster, name: string): SnapshotChunk[] {
  const chunks: SnapshotChunk[] = [];
  const before = cluster.watch;
  cluster.watch = (letter) => {
    if (letter.to === name && letter.message.kind === "snapshot") chunks.push(letter.message);
    return before(letter);
  };
  return chunks;
}

/** Delivers letters one by one, with heartbeats when there are none, until it is so. */
function sendUntil(cluster: Cluster, done: () => boolean): void {
  for (let n = 0; n < 2000 && !done(); n++) if (!cluster.nudge()) cluster.tick("a", heartbeatTicks);
  assert.ok(done());
}

describe("RaftCore, log compaction (Raft paper §7)", () => {
  it("cuts the log behind a snapshot but keeps a tail, by count", () => {
    const cluster = behind(12);
    const { core } = cluster.at("a");
    assert.equal(core.snapshotIndex, core.commitIndex);
    assert.equal(core.firstIndex, core.lastIndex - 1);
    assert.deepEqual(
      cluster.at("a").disk.entries.map((entry) => entry.index),
      [core.lastIndex - 1, core.lastIndex],
    );
  });

  it("keeps no more of a tail than its bytes allow", () => {
    const cluster = Cluster.of(1, { tail: { entries: 100, bytes: 500 } }).settle();
    for (let n = 0; n < 10; n++) cluster.propose("a", "x".repeat(150)).settle();
    save(cluster);
    assert.equal(cluster.at("a").core.lastIndex - cluster.at("a").core.firstIndex + 1, 2);
  });

  it("an older snapshot, or the same again, changes nothing", () => {
    const cluster = behind(12);
    const { core } = cluster.at("a");
    const first = core.firstIndex;
    cluster.step("a", {
      kind: "snapshot-saved",
      meta: { index: asIndex(3), term: asTerm(2), configuration: voters("z"), configurationIndex: asIndex(1) },
      sizeBytes: 1,
    });
    assert.deepEqual([core.firstIndex, core.configuration], [first, voters("a", "b", "c")]);
  });

  it("stands for the configuration as of its index, not the one in force now", () => {
    const cluster = Cluster.of(3, TAIL).elect("a").propose("a", "x").settle();
    const index = cluster.at("a").core.commitIndex;
    cluster.isolate("b");
    cluster.isolate("c");
    cluster.step("a", { kind: "change", change: { kind: "remove", id: id("c") } });
    assert.deepEqual(cluster.at("a").core.snapshotMetaAt(index)?.configuration, voters("a", "b", "c"));
    assert.equal(cluster.at("a").core.snapshotMetaAt(asIndex(index + 1)), undefined, "not committed");
  });
});

describe("RaftCore, snapshot install (Raft paper §7, figure 13)", () => {
  it("brings a follower that is too far behind up by a snapshot, then by the log", () => {
    const cluster = behind();
    cluster.heal();
    cluster
      .propose("a", "after")
      .settle()
      .run(2 * heartbeatTicks);
    assert.deepEqual(cluster.at("c").content, cluster.at("a").content);
    assert.equal(cluster.at("c").core.snapshotIndex, cluster.at("a").core.snapshotIndex);
    assert.deepEqual(
      cluster.at("a").core.peers.map((peer) => peer.state),
      ["replicate", "replicate"],
    );
  });

  it("replaces a log that disagrees, on disk too (figure 13, step 7)", () => {
    const cluster = Cluster.of(3, TAIL).elect("c");
    cluster.isolate("c");
    cluster
      .propose("c", ..."abcdefghijklmnopqrstuvwxyz")
      .settle()
      .elect("a");
    for (let n = 0; n < 12; n++) cluster.propose("a", `${n}`).settle();
    save(cluster);
    const c = cluster.at("c");
    assert.ok(c.core.lastIndex > cluster.at("a").core.lastIndex);
    cluster.heal();
    cluster.run(4 * electionTicks);
    assert.ok(c.core.snapshotIndex > 0);
    assert.deepEqual(c.content, cluster.at("a").content);
    assert.deepEqual(
      c.disk.entries.map((entry) => entry.index),
      [],
    );
    c.crash();
    assert.ok(c.core.lastIndex >= c.core.snapshotIndex);
  });

  it("is refused politely when it is here already: what follows it stays (figure 13, step 6)", () => {
    const cluster = behind();
    const b = cluster.at("b");
    const last = b.core.lastIndex;
    const meta = { index: asIndex(4), term: asTerm(2), configuration: voters("a", "b", "c"), configurationIndex: asIndex(1) };
    const { term } = b.core;
    const out = b.step({ kind: "receive", from: id("a"), message: { kind: "snapshot", term, meta, sizeBytes: 10, offset: 0, data: new Uint8Array(10) } });
    assert.deepEqual(
      out.map(({ message }) => message),
      [{ kind: "append-ok", term, match: 4 }],
    );
    assert.equal(b.core.lastIndex, last);
  });

  it("sends a large one in chunks, no more of them on their way than a window", () => {
    const cluster = behind(12, 400_000);
    const chunks = chunksTo(cluster, "c");
    cluster.heal();
    let most = 0;
    sendUntil(cluster, () => {
      const onTheWay = cluster.letters.reduce((bytes, { message }) => bytes + (message.kind === "snapshot" ? message.data.length : 0), 0);
      most = Math.max(most, onTheWay);
      return cluster.at("c").content.length === 12;
    });
    assert.ok(chunks.length > 15);
    assert.ok(chunks.every((chunk) => chunk.data.length <= SNAPSHOT_CHUNK_BYTES));
    assert.ok(most <= SNAPSHOT_WINDOW_BYTES);
    assert.deepEqual(cluster.at("c").content, cluster.at("a").content);
  });

  it("goes on where it was when the connection breaks", () => {
    const cluster = behind(12, 400_000);
    const chunks = chunksTo(cluster, "c");
    cluster.heal();
    sendUntil(cluster, () => chunks.length >= 8);
    const had = cluster.at("c").effects.findLast((effect) => effect.kind === "receive-chunk");
    cluster.letters = [];
    cluster.step("a", { kind: "unreachable", id: id("c") });
    cluster.run(3 * withholdTicks);
    assert.deepEqual(cluster.at("c").content, cluster.at("a").content);
    const again = chunks.slice(8).map((chunk) => chunk.offset);
    assert.ok(had?.kind === "receive-chunk" && Math.min(...again) >= had.offset, "nothing is sent again that was written");
  });

  it("begins again when the receiver has forgotten what it had", () => {
    const cluster = behind(12, 400_000);
    const chunks = chunksTo(cluster, "c");
    cluster.heal();
    sendUntil(cluster, () => chunks.length >= 8);
    cluster.letters = [];
    cluster.at("c").crash();
    cluster.run(6 * withholdTicks);
    assert.deepEqual(cluster.at("c").content, cluster.at("a").content);
  });

  it("chunks that come twice, or too early, do no harm", () => {
    const cluster = behind(12, 400_000);
    let count = 0;
    cluster.watch = (letter) => {
      if (letter.message.kind === "snapshot") cluster.letters.splice(count++ % 2 === 0 ? 0 : cluster.letters.length, 0, letter);
      return true;
    };
    cluster.heal();
    cluster.run(8 * withholdTicks);
    assert.deepEqual(cluster.at("c").content, cluster.at("a").content);
  });

  it("a newer snapshot does not take the place of an unfinished one while the log reaches back to that", () => {
    const cluster = behind(12, 400_000);
    const chunks = chunksTo(cluster, "c");
    cluster.heal();
    sendUntil(cluster, () => chunks.length >= 5);
    const first = chunks[0]?.meta.index;
    // Many more entries, and a new snapshot, while it goes on: the log behind the first one is kept for it.
    const { letters } = cluster;
    cluster.letters = [];
    cluster.cut.add("a>c");
    for (let n = 0; n < 20; n++) cluster.propose("a", `more ${n}`).settle();
    cluster.cut.clear();
    save(cluster);
    cluster.letters.push(...letters);
    assert.ok(cluster.at("a").core.snapshotIndex > (first ?? 0));
    assert.equal(cluster.at("a").core.firstIndex, (first ?? 0) + 1);
    cluster.run(6 * withholdTicks);
    assert.deepEqual(new Set(chunks.map((chunk) => chunk.meta.index)), new Set([first]));
    assert.deepEqual(cluster.at("c").content, cluster.at("a").content);
    save(cluster.propose("a", "then").settle());
    assert.equal(cluster.at("a").core.firstIndex, cluster.at("a").core.lastIndex - 1, "and let go afterwards");
  });

  it("a peer that no longer answers holds the log back for an election timeout only", () => {
    const cluster = behind(12, 400_000);
    const chunks = chunksTo(cluster, "c");
    cluster.heal();
    sendUntil(cluster, () => chunks.length >= 5);
    cluster.isolate("c");
    cluster.letters = [];
    cluster.run(electionTicks + heartbeatTicks);
    for (let n = 0; n < 5; n++) cluster.propose("a", `more ${n}`).settle();
    save(cluster);
    assert.equal(cluster.at("a").core.firstIndex, cluster.at("a").core.lastIndex - 1);
    cluster.heal();
    cluster.run(12 * withholdTicks);
    assert.deepEqual(cluster.at("c").content, cluster.at("a").content, "it gets the newer one then");
  });

  it("a receiver that cannot write it is tried again later, not at once", () => {
    const cluster = behind(12);
    const chunks = chunksTo(cluster, "c");
    const term = cluster.at("a").core.term;
    cluster.heal();
    cluster.run(heartbeatTicks);
    cluster.watch = ({ message }) => message.kind !== "snapshot-ack";
    void chunks;
    cluster.step("a", {
      kind: "receive",
      from: id("c"),
      message: { kind: "snapshot-ack", term, index: cluster.at("a").core.snapshotIndex, offset: 0, failed: true },
    });
    cluster.run(heartbeatTicks);
    assert.equal(cluster.leaders.length, 1);
  });

  it("serves a learner that joins a cluster whose log is cut", () => {
    const three = voters("a", "b", "c");
    const cluster = new Cluster({ a: bootstrapped(three), b: bootstrapped(three), c: bootstrapped(three), d: emptyDisk() }, TAIL).elect("a");
    for (let n = 0; n < 12; n++) cluster.propose("a", `${n}`).settle();
    save(cluster);
    cluster.step("a", { kind: "change", change: { kind: "add-learner", id: id("d"), address: "d:8300", name: "d" } });
    cluster.settle().run(2 * heartbeatTicks);
    assert.deepEqual(cluster.at("d").content, cluster.at("a").content);
    assert.deepEqual(cluster.at("d").core.configuration, cluster.at("a").core.configuration);
  });

  it("begins with a newer snapshot when the one asked for is gone", () => {
    const cluster = behind(12);
    const gone = cluster.at("a").core.snapshotIndex;
    cluster.heal();
    cluster.step("a", { kind: "snapshot-missing", to: id("c"), index: gone });
    cluster.run(4 * withholdTicks);
    assert.deepEqual(cluster.at("c").content, cluster.at("a").content);
  });
});
