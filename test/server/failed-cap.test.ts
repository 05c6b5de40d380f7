import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import dgram from "node:dgram";
import { describe, it } from "node:test";
import { clientTags } from "../../src/gossip/index.ts";
import { encodeMessage } from "../../src/gossip/wire/memberlist.ts";
import { encodeTags } from "../../src/gossip/wire/serf.ts";
import { FailedCap } from "../../src/server/leader/failed-cap.ts";
import { until } from "../support/until.ts";
import { configOf, READ, TestCluster } from "./cluster.ts";

describe("FailedCap", () => {
  it("lets a quarter of the members fail in half a minute, and eight in any pool", () => {
    for (const [members, most] of [
      [3, 8],
      [32, 8],
      [40, 10],
      [1_000, 250],
    ] as const) {
      const cap = new FailedCap();
      const taken = (nowMs: number): number => Array.from({ length: members + 10 }, () => cap.take(nowMs, members)).filter(Boolean).length;
      assert.deepEqual([taken(0), taken(29_999), taken(30_000)], [most, 0, most], `${members} members`);
    }
  });
});

describe("A leader whose pool falls silent at once", () => {
  const none = { gossipNodes: undefined, probeIntervalMs: undefined, probeTimeoutMs: undefined, suspicionMult: undefined, retransmitMult: undefined };
  // Nobody of these members is there to answer a probe: none is sent while the test runs.
  const timing = { ...none, gossipIntervalMs: 50, probeIntervalMs: 3_600_000 };
  const lan = { bind: "127.0.0.1:0", advertise: "127.0.0.1:0", allowedNetworks: [], reconnectTimeoutMs: 72 * 3_600_000, timing };
  const names = Array.from({ length: 20 }, (_, at) => `n${at}`);

  it("marks eight critical; whoever is back before its turn comes was never marked", async (t) => {
    await using cluster = new TestCluster();
    const server = await cluster.add(1, { bootstrap: true, gossip: { ...configOf(1).gossip, lan } });
    const pool = server.pools?.lan ?? assert.fail();
    const socket = dgram.createSocket("udp4");
    t.after(() => socket.close());
    const [host = "", port = ""] = pool.address.split(":");
    const say = (message: Parameters<typeof encodeMessage>[0]): void => socket.send(encodeMessage(message), Number(port), host);
    const versions = Uint8Array.of(1, 5, 2, 2, 5, 4);
    const metas = new Map(names.map((name) => [name, encodeTags(clientTags({ datacenter: "dc1", id: randomUUID() }))]));
    const alive = (node: string, incarnation: number): void =>
      say({ kind: "alive", node, incarnation, addr: Uint8Array.of(127, 0, 0, 1), port: 9, meta: metas.get(node), versions });
    const inState = async (state: string): Promise<readonly string[]> =>
      (await server.backend.call("Health.State", { state, nodeMeta: {}, near: "", options: READ })).value
        .map(({ node }) => node)
        .filter((node) => node !== "s1");

    for (const name of names) alive(name, 1);
    await until("all are in the catalog", async () => (await inState("passing")).length === 20);
    for (const name of names) say({ kind: "dead", node: name, incarnation: 1, from: "somebody" });
    await until("the pool counts all as failed", () => pool.members().filter(({ status }) => status === "failed").length === 20);
    const marked = await until("eight are marked", async () => {
      const now = await inState("critical");
      return now.length === 8 && now;
    });
    for (const name of names) if (!marked.includes(name)) alive(name, 2);
    await until("the others are back in the pool", () => pool.members().filter(({ status }) => status === "failed").length === 8);
    assert.deepEqual((await inState("critical")).toSorted(), marked.toSorted());
    assert.equal((await inState("passing")).length, 12);
  });
});
