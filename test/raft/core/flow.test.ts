import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DEFAULT_TIMING } from "../../../src/raft/core/index.ts";
import { MAX_APPEND_BYTES, MAX_APPEND_ENTRIES, MAX_INFLIGHT_BYTES, MAX_INFLIGHT_MESSAGES } from "../../../src/raft/core/limits.ts";
import type { Append } from "../../../src/raft/core/messages.ts";
import { Cluster, id, text } from "./cluster.ts";

const { heartbeatTicks } = DEFAULT_TIMING;

function appends(cluster: Cluster, to = "b"): Append[] {
  return cluster.letters.flatMap((letter) => (letter.to === to && letter.message.kind === "append" ? [letter.message] : []));
}

describe("RaftCore, replication in bulk (thesis §10.2)", () => {
  it("sends a batch as one message, the same object to every peer that keeps up, around the array it writes", () => {
    const cluster = Cluster.of(3).elect("a").propose("a", "x", "y", "z");
    const [b, c] = [appends(cluster, "b"), appends(cluster, "c")];
    assert.deepEqual([b.length, c.length, b[0]?.entries.length], [1, 1, 3]);
    assert.equal(b[0], c[0]);
    const write = cluster.at("a").writes.at(-1);
    assert.equal(write?.kind === "persist" && write.entries, b[0]?.entries);
  });

  it("sends ahead of the answers, up to a count of messages", () => {
    const cluster = Cluster.of(3).elect("a");
    for (let n = 0; n < MAX_INFLIGHT_MESSAGES + 10; n++) cluster.propose("a", `${n}`);
    assert.equal(appends(cluster).length, MAX_INFLIGHT_MESSAGES);
    cluster.settle();
    assert.equal(cluster.at("b").content.length, MAX_INFLIGHT_MESSAGES + 10);
  });

  it("and up to a count of bytes", () => {
    const cluster = Cluster.of(3).elect("a");
    const data = Buffer.alloc(MAX_APPEND_BYTES);
    for (let n = 0; n < 20; n++) cluster.step("a", { kind: "propose", commands: [data] });
    assert.ok(appends(cluster).length <= MAX_INFLIGHT_BYTES / MAX_APPEND_BYTES);
    cluster.settle();
    assert.equal(cluster.at("b").content.length, 20);
  });

  it("splits what is too much for one message, by count and by bytes; one large entry goes alone", () => {
    const cluster = Cluster.of(3).elect("a");
    cluster.step("a", { kind: "propose", commands: Array.from({ length: MAX_APPEND_ENTRIES + 1 }, () => text("x")) });
    assert.deepEqual(
      appends(cluster).map((message) => message.entries.length),
      [MAX_APPEND_ENTRIES, 1],
    );
    cluster.settle();
    const large = Buffer.alloc(2 * MAX_APPEND_BYTES);
    cluster.step("a", { kind: "propose", commands: [text("small"), large, text("small")] });
    assert.deepEqual(
      appends(cluster).map((message) => message.entries.length),
      [1, 1, 1],
    );
  });

  it("asks one thing at a time of a peer whose log it does not know", () => {
    const cluster = Cluster.of(3).elect("a");
    cluster.step("a", { kind: "unreachable", id: id("b") });
    cluster.propose("a", "x").propose("a", "y");
    assert.deepEqual([appends(cluster, "b").length, appends(cluster, "c").length], [0, 2]);
    cluster.run(heartbeatTicks);
    assert.deepEqual(cluster.at("b").content, ["x", "y"]);
  });

  it("finds out by heartbeats that a message was lost, though nobody said so", () => {
    const cluster = Cluster.of(3).elect("a");
    cluster.cut.add("a>b");
    cluster.propose("a", "x").settle();
    cluster.heal();
    cluster.run(4 * heartbeatTicks);
    assert.deepEqual(cluster.at("b").content, ["x"]);
  });

  it("does not send again what only waits for a slow disk", () => {
    const cluster = Cluster.of(3).elect("a");
    cluster.stuck.add("b");
    let bytes = 0;
    cluster.watch = ({ to, message }) => {
      if (to === "b" && message.kind === "append") bytes += message.entries.length;
      return true;
    };
    cluster
      .propose("a", "x")
      .settle()
      .run(8 * heartbeatTicks);
    assert.equal(bytes, 1);
  });

  it("tells followers of a commit at once when nothing else will", () => {
    const cluster = Cluster.of(3).elect("a").propose("a", "x").settle();
    assert.deepEqual(cluster.at("c").content, ["x"]);
  });
});
