import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { utf8ToByteString } from "../../src/base/byte-string.ts";
import { Later } from "../../src/base/later.ts";
import type { ReadOptions, ResponseOf } from "../../src/model/index.ts";
import type { RunningNode } from "../../src/node/index.ts";
import { until } from "../support/until.ts";
import { READ, TestCluster, WRITE } from "./cluster.ts";

type Found = ResponseOf<"KV.Get">;

describe("A read without a promise", () => {
  let cluster: TestCluster;

  before(async () => {
    cluster = await TestCluster.start(3);
  });
  after(() => cluster[Symbol.asyncDispose]());

  const follower = (): RunningNode => {
    const found = cluster.nodes.find((node) => node !== cluster.leader);
    assert.ok(found);
    return found;
  };
  const put = (node: RunningNode, name: string, value: string): Promise<boolean> =>
    node.backend.call("KV.Apply", { write: { verb: "set", key: utf8ToByteString(name), value: Buffer.from(value), flags: 0n }, options: WRITE });
  const look = (node: RunningNode, name: string, options: Partial<ReadOptions> = {}, onCancel?: (cancel: () => void) => void) =>
    node.backend.look?.("KV.Get", { key: utf8ToByteString(name), options: { ...READ, ...options } }, onCancel);
  const now = (found: Found | Later<Found> | undefined): Found => {
    assert.ok(found !== undefined && !(found instanceof Later));
    return found;
  };
  /** A leader on a loaded machine is without its lease for a moment now and then. */
  const atLeader = (name: string, options: Partial<ReadOptions> = {}, onCancel?: (cancel: () => void) => void): Promise<Found | Later<Found>> =>
    until("the leader has its lease", () => look(cluster.leader, name, options, onCancel));
  const indexOf = async (name: string): Promise<number> => now(await atLeader(name)).meta.index;
  const heldFrom = async (name: string, minIndex: number, maxWaitMs: number, onCancel?: (cancel: () => void) => void): Promise<Later<Found>> => {
    const found = await atLeader(name, { minIndex, maxWaitMs }, onCancel);
    assert.ok(found instanceof Later);
    return found;
  };

  it("is answered at once by the leader, and by a follower when it may be stale", async () => {
    await put(cluster.leader, "a", "1");
    assert.equal(now(await atLeader("a")).value?.value, "1");
    await until("the follower has it", () => now(look(follower(), "a", { consistency: "stale" })).value?.value === "1");
    assert.equal(now(look(follower(), "a", { consistency: "stale" })).meta.knownLeader, true);
  });

  it("is left to others where the leader or a quorum must be asked", () => {
    assert.equal(look(follower(), "a"), undefined);
    assert.equal(look(follower(), "a", { consistency: "stale", maxStaleMs: -1 }), undefined);
    assert.equal(look(cluster.leader, "a", { consistency: "consistent" }), undefined);
    assert.throws(() => look(cluster.leader, "a", { datacenter: "elsewhere" }), { code: "unknown-datacenter" });
  });

  it("waits for the change, and for no other", async () => {
    await put(cluster.leader, "b", "1");
    const later = await heldFrom("b", await indexOf("b"), 600_000);
    const heard: Found[] = [];
    later.on(
      (found) => heard.push(found),
      (error) => assert.fail(String(error)),
    );
    await put(cluster.leader, "other", "1");
    assert.equal(heard.length, 0);
    await put(cluster.leader, "b", "2");
    await until("it is answered", () => heard.length === 1);
    assert.equal(heard[0]?.value?.value, "2");
  });

  it("ends with its deadline, and with its client", async () => {
    await put(cluster.leader, "c", "1");
    const index = await indexOf("c");
    assert.equal((await (await heldFrom("c", index, 50)).promise()).meta.index, index);
    let cancel = (): void => assert.fail("nothing to cancel");
    const later = await heldFrom("c", index, 600_000, (run) => {
      cancel = run;
    });
    cancel();
    await assert.rejects(later.promise(), { code: "unavailable" });
  });

  it("goes on at the new leader when the one that was asked leads no more", async () => {
    await put(cluster.leader, "moving", "1");
    const waiting = (await heldFrom("moving", await indexOf("moving"), 600_000)).promise();
    const heir = follower();
    await cluster.leader.backend.call("Operator.RaftTransferLeader", { id: heir.id, options: WRITE });
    await until("the heir leads", () => heir.raft.status().role === "leader", 60_000, 5);
    await put(heir, "moving", "2");
    assert.equal((await waiting).value?.value, "2");
  });
});
