import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { utf8ToByteString } from "../../src/base/byte-string.ts";
import type { RunningNode } from "../../src/node/index.ts";
import { sleep, until } from "../support/until.ts";
import { READ, TestCluster, WRITE } from "./cluster.ts";

const key = utf8ToByteString;

describe("A server alone", () => {
  let cluster: TestCluster;
  let node: RunningNode;

  before(async () => {
    cluster = await TestCluster.start(1);
    node = cluster.leader;
    await until("it is in the catalog", async () => (await node.backend.call("Health.Node", { node: "s1", options: READ })).value.length > 0, 60_000, 5);
  });
  after(() => cluster[Symbol.asyncDispose]());

  const put = (name: string, value: string): Promise<boolean> =>
    node.backend.call("KV.Apply", { write: { verb: "set", key: key(name), value: Buffer.from(value), flags: 0n }, options: WRITE });
  const get = (name: string, options = {}, onCancel?: (cancel: () => void) => void) =>
    node.backend.call("KV.Get", { key: key(name), options: { ...READ, ...options } }, onCancel);
  const session = (changes = {}): Promise<string> =>
    node.backend.call("Session.Create", {
      session: { id: "", name: "", node: "", lockDelayNs: 0, behavior: "release", ttl: "", nodeChecks: [], serviceChecks: undefined, ...changes },
      options: WRITE,
    });
  const lock = (name: string, id: string): Promise<boolean> =>
    node.backend.call("KV.Apply", { write: { verb: "lock", key: key(name), value: Buffer.from("x"), flags: 0n, session: id }, options: WRITE });

  it("reads what it wrote, in every consistency mode", async () => {
    assert.equal(await put("a", "1"), true);

    for (const consistency of ["default", "consistent", "stale"] as const) {
      const { value, meta } = await get("a", { consistency });
      assert.equal(value?.value, "1");
      assert.deepEqual(meta, { index: value?.modifyIndex, lastContactMs: 0, knownLeader: true });
    }
  });

  it("wakes a blocking query when its key changes, and not for another key", async () => {
    await put("watched", "1");
    const { meta } = await get("watched");
    let answered = false;
    const waiting = get("watched", { minIndex: meta.index, maxWaitMs: 10_000 }).then((answer) => {
      answered = true;
      return answer;
    });

    await put("other", "1");
    await put("other", "2");
    assert.equal(answered, false);
    await put("watched", "2");

    const answer = await waiting;
    assert.equal(answer.value?.value, "2");
    assert.ok(answer.meta.index > meta.index);
  });

  it("answers a blocking query at its deadline with the index unchanged, spread by a sixteenth at most", async () => {
    await put("quiet", "1");
    const { meta } = await get("quiet");
    const began = performance.now();

    const answer = await get("quiet", { minIndex: meta.index, maxWaitMs: 160 });

    const tookMs = performance.now() - began;
    assert.equal(answer.meta.index, meta.index);
    assert.ok(tookMs >= 159, `${tookMs} ms`); // how much later is for a benchmark: a loaded machine is late
  });

  it("frees a blocking query whose client has gone", async () => {
    await put("left", "1");
    const { meta } = await get("left");
    let cancel: (() => void) | undefined;
    const waiting = get("left", { minIndex: meta.index, maxWaitMs: 60_000 }, (run) => {
      cancel = run;
    });
    const refused = assert.rejects(waiting, { code: "unavailable" });
    await until("it can be ended", () => cancel !== undefined);

    cancel?.();

    await refused;
  });

  it("keeps ten thousand blocking queries waiting and wakes them all with one write", async () => {
    await put("herd", "1");
    const { meta } = await get("herd");
    const waiting = Array.from({ length: 10_000 }, () => get("herd", { minIndex: meta.index, maxWaitMs: 60_000 }));
    let answered = 0;
    for (const one of waiting) void one.then(() => answered++);
    await put("elsewhere", "1"); // what was asked before this write is answered has been looked at
    assert.equal(answered, 0);

    await put("herd", "2");
    const answers = await Promise.all(waiting);

    assert.ok(answers.every((answer) => answer.value?.value === "2"));
  });

  it("registers itself as Consul's server does", async () => {
    const { value: nodes } = await node.backend.call("Catalog.Nodes", { nodeMeta: {}, near: "", options: READ });
    const { value: services } = await node.backend.call("Catalog.ServiceNodes", {
      service: "consul",
      connect: false,
      tags: [],
      nodeMeta: {},
      near: "",
      options: READ,
    });

    assert.deepEqual(
      nodes.map((entry) => [entry.node, entry.address, entry.meta, entry.taggedAddresses]),
      [["s1", "127.0.0.1", { "consul-network-segment": "" }, { lan: "127.0.0.1", lan_ipv4: "127.0.0.1", wan: "127.0.0.1", wan_ipv4: "127.0.0.1" }]],
    );
    assert.deepEqual(services[0]?.service.meta, {
      non_voter: "false",
      raft_version: "3",
      serf_protocol_current: "2",
      serf_protocol_max: "5",
      serf_protocol_min: "1",
      version: "1.8.7",
    });
  });

  it("refuses another datacenter, a bad TTL and a bad behaviour with Consul's texts", async () => {
    await assert.rejects(get("a", { datacenter: "nowhere" }), { code: "unknown-datacenter", message: "No path to datacenter" });
    await assert.rejects(session({ ttl: "50ms" }), { message: "Invalid Session TTL '50000000', must be between [200ms=24h0m0s]" });
    await assert.rejects(session({ ttl: "abc" }), { message: `Session TTL 'abc' invalid: time: invalid duration "abc"` });
    await assert.rejects(session({ behavior: "explode" }), { message: "Invalid Behavior setting 'explode'" });
  });

  it("ends a session after its TTL and not while it is renewed, and frees its lock", async () => {
    const ttlMs = 1_000;
    const id = await session({ ttl: `${ttlMs}ms` });
    assert.equal(await lock("ttl", id), true);
    // Renewed for longer than it would live otherwise. Only a machine that stood still for a whole TTL may have ended it before.
    let began = performance.now();
    for (const end = began + 2.2 * ttlMs; performance.now() < end; ) {
      await sleep(ttlMs / 5);
      const asked = performance.now();
      if ((await node.backend.call("Session.Renew", { id, options: WRITE })) !== undefined) began = asked;
      else assert.ok(performance.now() - began >= ttlMs, "it lives on while it is renewed");
    }

    await until("the session has ended", async () => (await node.backend.call("Session.Get", { id, options: READ })).value === undefined);

    const tookMs = performance.now() - began;
    assert.ok(tookMs >= ttlMs, `${tookMs} ms`);
    assert.equal((await get("ttl")).value?.session, "");
    assert.equal(await node.backend.call("Session.Renew", { id, options: WRITE }), undefined);
  });

  it("holds a key under lock-delay after its session was destroyed, also against a transaction", async () => {
    const first = await session({ lockDelayNs: 60_000_000_000 });
    const second = await session();
    assert.equal(await lock("delayed", first), true);
    await node.backend.call("Session.Destroy", { id: first, options: WRITE });

    assert.equal(await lock("delayed", second), false);
    const op = { kind: "kv", op: { verb: "lock", key: key("delayed"), value: Buffer.from("x"), flags: 0n, session: second } } as const;
    const refused = await node.backend.call("Txn.Apply", { ops: [op], options: WRITE });
    assert.deepEqual(refused, { results: [], errors: [{ opIndex: 0, what: `failed to lock key "delayed" due to lock delay` }] });
    assert.equal(await put("delayed", "a plain write passes"), true);

    const third = await session({ lockDelayNs: 100_000_000 });
    assert.equal(await lock("delayed a little", third), true);
    await node.backend.call("Session.Destroy", { id: third, options: WRITE });
    await until("the delay is over", () => lock("delayed a little", second));
  });

  it("tells its raft configuration and refuses to remove who is not there", async () => {
    const { servers } = await node.backend.call("Operator.RaftConfiguration", { options: READ });
    assert.deepEqual(servers, [{ id: node.id, node: "s1", address: node.rpcAddress, leader: true, protocolVersion: "3", voter: true }]);

    const remove = (id: string, address: string) => node.backend.call("Operator.RaftRemovePeer", { id, address, options: WRITE });
    await assert.rejects(remove("", "127.0.0.9:8300"), { message: `address "127.0.0.9:8300" was not found in the Raft configuration` });
    await assert.rejects(remove("", ""), { message: `id "" was not found in the Raft configuration` });
  });

  it("keeps autopilot's settings, with check-and-set", async () => {
    const { createIndex: _created, modifyIndex, ...config } = await node.backend.call("Operator.AutopilotGetConfig", { options: READ });
    const set = (cas: number | undefined, minQuorum: number) =>
      node.backend.call("Operator.AutopilotSetConfig", { config: { ...config, minQuorum }, cas, options: WRITE });

    assert.equal(await set(modifyIndex - 1, 3), false);
    assert.equal(await set(modifyIndex, 2), true);
    assert.equal((await node.backend.call("Operator.AutopilotGetConfig", { options: READ })).minQuorum, 2);
  });

  it("is healthy by its own account", async () => {
    const health = await until("autopilot has looked", async () => {
      const answer = await node.backend.call("Operator.AutopilotHealth", { options: READ });
      return answer.healthy ? answer : undefined;
    });

    assert.deepEqual([health.failureTolerance, health.servers[0]?.name, health.servers[0]?.serfStatus, health.servers[0]?.leader], [0, "s1", "alive", true]);
  });

  it("answers a malformed session id with Consul's text", async () => {
    await assert.rejects(node.backend.call("Session.Destroy", { id: "not-a-uuid", options: WRITE }), {
      message: "failed session lookup: index error: UUID must be 36 characters",
    });
  });

  it("saves a snapshot as an archive", async () => {
    const { chunks, meta } = await node.backend.saveSnapshot({ options: READ });
    const bytes: Uint8Array[] = [];
    for await (const chunk of chunks) bytes.push(chunk);

    assert.ok(meta.index > 0);
    assert.deepEqual([...Buffer.concat(bytes).subarray(0, 2)], [0x1f, 0x8b]);
  });
});
