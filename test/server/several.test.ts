import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { utf8ToByteString } from "../../src/base/byte-string.ts";
import type { RunningNode } from "../../src/node/index.ts";
import { until } from "../support/until.ts";
import { READ, TestCluster, WRITE } from "./cluster.ts";

const key = utf8ToByteString;
const put = (node: RunningNode, name: string, value: string): Promise<boolean> =>
  node.backend.call("KV.Apply", { write: { verb: "set", key: key(name), value: Buffer.from(value), flags: 0n }, options: WRITE });
const get = (node: RunningNode, name: string, options = {}) => node.backend.call("KV.Get", { key: key(name), options: { ...READ, ...options } });

describe("Three servers", () => {
  let cluster: TestCluster;

  before(async () => {
    cluster = await TestCluster.start(3);
  });
  after(() => cluster[Symbol.asyncDispose]());

  const follower = (at = 0): RunningNode => {
    const node = cluster.followers[at];
    if (node === undefined) throw new Error("There is no such follower");
    return node;
  };

  it("take a write on any of them and read it on any other", async () => {
    for (const node of cluster.nodes) {
      await put(node, `by-${node.name}`, node.name);
      for (const other of cluster.nodes) {
        assert.equal((await get(other, `by-${node.name}`)).value?.value, node.name);
        assert.equal((await get(other, `by-${node.name}`, { consistency: "consistent" })).value?.value, node.name);
      }
    }
  });

  it("answer a stale read by themselves, with the time since they heard from the leader", async () => {
    await put(cluster.leader, "old", "1");
    const node = follower();
    const answer = await until("it has arrived", async () => {
      const read = await get(node, "old", { consistency: "stale" });
      return read.value === undefined ? undefined : read;
    });

    assert.equal(answer.meta.knownLeader, true);
    assert.ok(answer.meta.lastContactMs >= 0 && answer.meta.lastContactMs < 60_000);
  });

  it("begin errors that come from the leader with Consul's words", async () => {
    const session = { id: "", name: "", node: "", lockDelayNs: 0, behavior: "release", ttl: "1ms", nodeChecks: [], serviceChecks: undefined } as const;
    const message = "Invalid Session TTL '1000000', must be between [200ms=24h0m0s]";

    await assert.rejects(follower().backend.call("Session.Create", { session, options: WRITE }), { message: `rpc error making call: ${message}` });
    await assert.rejects(cluster.leader.backend.call("Session.Create", { session, options: WRITE }), { message });
  });

  it("give a session to the node that was asked", async () => {
    const node = follower();
    await until("it is in the catalog", async () => (await node.backend.call("Health.Node", { node: node.name, options: READ })).value.length > 0);
    const session = { id: "", name: "", node: "", lockDelayNs: 0, behavior: "release", ttl: "", nodeChecks: ["serfHealth"], serviceChecks: undefined } as const;

    const id = await node.backend.call("Session.Create", { session, options: WRITE });

    assert.equal((await cluster.leader.backend.call("Session.Get", { id, options: READ })).value?.node, node.name);
  });

  it("wake a blocking query that was asked of a follower, and free it on the leader when its client goes", async () => {
    await put(cluster.leader, "far", "1");
    const { meta } = await get(follower(), "far");
    const waiting = get(follower(), "far", { minIndex: meta.index, maxWaitMs: 60_000 });
    let cancel: (() => void) | undefined;
    const left = follower(1).backend.call("KV.Get", { key: key("far"), options: { ...READ, minIndex: meta.index + 1_000, maxWaitMs: 60_000 } }, (run) => {
      cancel = run;
    });
    const gone = assert.rejects(left);
    await until("it can be ended", () => cancel !== undefined);

    cancel?.();
    await put(follower(1), "far", "2");

    assert.equal((await waiting).value?.value, "2");
    await gone;
  });

  it("tell their members, peers and health", async () => {
    const peers = await follower().backend.call("Status.Peers", { datacenter: "" });
    assert.deepEqual([...peers].sort(), cluster.nodes.map((node) => node.rpcAddress).sort());
    assert.equal(await follower().backend.call("Status.Leader", { datacenter: "" }), cluster.leader.rpcAddress);
    assert.deepEqual(
      follower()
        .members()
        .map((member) => [member.name, member.status]),
      [
        ["s1", "alive"],
        ["s2", "alive"],
        ["s3", "alive"],
      ],
    );
    const health = await until("all are healthy", async () => {
      const answer = await follower().backend.call("Operator.AutopilotHealth", { options: READ });
      return answer.healthy && answer.servers.length === 3 && answer.failureTolerance > 0 ? answer : undefined;
    });
    assert.equal(health.failureTolerance, 1);
  });

  it("hand the leadership over by order, and a blocking query on the old leader goes on at the new one", async () => {
    await put(cluster.leader, "moving", "1");
    const before_ = cluster.leader;
    const { meta } = await get(before_, "moving");
    const waiting = get(before_, "moving", { minIndex: meta.index, maxWaitMs: 60_000 });
    const heir = follower();

    await before_.backend.call("Operator.RaftTransferLeader", { id: heir.id, options: WRITE });
    await until("the heir leads", () => heir.raft.status().role === "leader", 60_000, 5);
    await put(heir, "moving", "2");

    assert.equal((await waiting).value?.value, "2");
  });

  it("restore a snapshot on all of them, with indexes that go on growing", async () => {
    await put(cluster.leader, "kept", "in the snapshot");
    const { chunks } = await follower().backend.saveSnapshot({ options: READ });
    const bytes: Uint8Array[] = [];
    for await (const chunk of chunks) bytes.push(chunk);
    await put(cluster.leader, "kept", "overwritten");
    await put(cluster.leader, "added", "afterwards");
    const { meta } = await get(cluster.leader, "added");

    await follower().backend.restoreSnapshot({ options: WRITE, body: streamOf(bytes) });

    for (const node of cluster.nodes) {
      await until(`${node.name} has it`, async () => (await get(node, "kept", { consistency: "stale" })).value?.value === "in the snapshot");
      assert.equal((await get(node, "added", { consistency: "stale" })).value, undefined);
    }
    await put(follower(), "later", "1");
    assert.ok((await get(follower(), "later")).meta.index > meta.index);
    await assert.rejects(follower().backend.restoreSnapshot({ options: WRITE, body: streamOf([Buffer.from("rubbish")]) }));
    assert.equal((await get(follower(), "kept")).value?.value, "in the snapshot");
  });

  it("go on without the leader: nothing is lost, and a new one answers", async () => {
    await put(cluster.leader, "survivor", "1");
    const old = cluster.leader;
    await cluster.stop(old);

    const node = cluster.nodes[0];
    assert.ok(node !== undefined);
    assert.equal((await get(node, "survivor")).value?.value, "1");
    assert.equal(await put(node, "afterwards", "1"), true);
  });

  it("answer `No cluster leader` without a quorum, but stale reads all the same", async () => {
    const last = follower();
    await cluster.stop(cluster.leader);
    await until("nobody leads", () => last.raft.status().leader === undefined, 60_000, 10);

    await assert.rejects(put(last, "x", "1"), { code: "no-leader", message: "No cluster leader" });
    await assert.rejects(get(last, "survivor"), { message: "No cluster leader" });
    const { value, meta } = await get(last, "survivor", { consistency: "stale" });
    assert.equal(value?.value, "1");
    assert.equal(meta.knownLeader, false);
    assert.equal(await last.backend.call("Status.Leader", { datacenter: "" }), "");
  });
});

describe("The operator's orders", () => {
  it("remove a server, whose node leaves the catalog, and add it anew", async () => {
    await using cluster = await TestCluster.start(3);
    const victim = cluster.followers[0];
    assert.ok(victim !== undefined);

    await cluster.leader.backend.call("Operator.RaftRemovePeer", { id: victim.id, address: "", options: WRITE });
    await cluster.stop(victim);

    assert.equal((await cluster.leader.backend.call("Status.Peers", { datacenter: "" })).length, 2);
    await until("its node is gone", async () => {
      const { value } = await cluster.leader.backend.call("Catalog.Nodes", { nodeMeta: {}, near: "", options: READ });
      return !value.some((node) => node.node === victim.name);
    });
    const again = await cluster.add(Number(victim.name.slice(1)));
    const added = await cluster.leader.backend.call("Operator.RaftAddPeer", { address: again.rpcAddress, options: WRITE });
    assert.equal(added.id, victim.id);
    await cluster.promoted(3);
    await put(again, "back", "1");
  });

  it("refuse to add a server that has a log of its own, and one that is not there", async () => {
    await using cluster = await TestCluster.start(1);
    await using other = await TestCluster.start(1, { nodeId: "00000000-0000-4000-8000-0000000000ff", nodeName: "other" });
    const add = (address: string) => cluster.leader.backend.call("Operator.RaftAddPeer", { address, options: WRITE });

    await assert.rejects(add(other.leader.rpcAddress), { code: "conflict" });
    await assert.rejects(add("127.0.0.1:1"), /Cannot add server at "127.0.0.1:1"/);
  });
});

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield chunk;
}
