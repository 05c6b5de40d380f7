import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Scope } from "../../src/base/scope.ts";
import type { RuntimeConfig } from "../../src/config/index.ts";
import { planRecovery, type RunningNode, recover, startNode } from "../../src/node/index.ts";
import { realPlatform, type Signals, type StopSignal } from "../../src/platform/index.ts";
import { configOf, READ, TestCluster, WRITE } from "../server/cluster.ts";
import { until } from "../support/until.ts";

const HTTP = { ...configOf(1).http, listen: ["127.0.0.1:0"] };

/** A node on disk or in memory with real everything but signals, which the test gives. */
async function start(scope: Scope, config: RuntimeConfig, signals?: Signals): Promise<RunningNode> {
  const { signals: _own, ...platform } = realPlatform(scope, { log: { level: "error", write: (text) => process.stderr.write(text) } });
  return scope.use(await startNode({ config, platform: signals === undefined ? platform : { ...platform, signals } }));
}

async function leads(node: RunningNode): Promise<void> {
  await until("it leads", () => node.raft.status().role === "leader" && node.raft.holdsLease(), 60_000, 5);
}

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "kvorum-node-"));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe("startNode", () => {
  it("answers HTTP as a dev agent, a write as soon as it runs", async () => {
    await using scope = new Scope();
    const node = await start(scope, configOf(1, { devMode: true, http: HTTP }));
    const url = `http://${node.httpAddresses[0]}/v1/kv/greeting`;

    const put = await fetch(url, { method: "PUT", body: "hello" });

    assert.equal((await put.text()).trim(), "true");
    assert.equal(await (await fetch(`${url}?raw`)).text(), "hello");
    const self = (await (await fetch(url.replace("kv/greeting", "agent/self"))).json()) as { readonly Config: { readonly NodeName: string } };
    assert.equal(self.Config.NodeName, "s1");
  });

  it("keeps who it is and what it was told over a restart", () =>
    inFolder(async (folder) => {
      const config = configOf(1, { nodeId: "", dataDir: folder, bootstrap: true });
      const ids: string[] = [];
      for (const round of [1, 2]) {
        await using scope = new Scope();
        const node = await start(scope, config);
        await leads(node);
        ids.push(node.id);
        const { value } = await node.backend.call("KV.Get", { key: "k" as never, options: READ });
        assert.equal(value?.value, round === 1 ? undefined : "1");
        await node.backend.call("KV.Apply", { write: { verb: "set", key: "k" as never, value: Buffer.from("1"), flags: 0n }, options: WRITE });
      }
      assert.equal(ids[0], ids[1]);
    }));

  it("refuses a data directory that another process has, and leaves nothing running", () =>
    inFolder(async (folder) => {
      await using scope = new Scope();
      await start(scope, configOf(1, { dataDir: folder, bootstrap: true }));

      await assert.rejects(start(scope, configOf(2, { nodeId: "", dataDir: folder, rpcBind: "127.0.0.1:0" })), { code: "disk" });
    }));

  it("stops on SIGTERM without leaving, and leaves first where it is told to", async () => {
    for (const leaveOnTerminate of [false, true]) {
      await using cluster = await TestCluster.start(2);
      await using scope = new Scope();
      let send: (signal: StopSignal) => void = () => undefined;
      const signals: Signals = {
        onSignal: (listener) => {
          send = listener;
          return { [Symbol.dispose]: () => undefined };
        },
      };
      const node = await start(scope, configOf(3, { leaveOnTerminate }), signals);
      await cluster.leader.backend.call("Operator.RaftAddPeer", { address: node.rpcAddress, options: WRITE });
      await cluster.promoted(3);

      send("SIGTERM");

      assert.equal(await node.stopped, "terminate");
      await until("the others agree", () => cluster.leader.raft.status().configuration.servers.length === (leaveOnTerminate ? 2 : 3));
    }
  });

  it("brings a server back whose cluster lost its quorum, by command, after saying what is lost", () =>
    inFolder(async (folder) => {
      await using cluster = await TestCluster.start(2);
      const config = configOf(3, { dataDir: folder });
      const node = await cluster.add(3, config);
      await cluster.leader.backend.call("Operator.RaftAddPeer", { address: node.rpcAddress, options: WRITE });
      await cluster.promoted(3);
      await cluster.leader.backend.call("KV.Apply", { write: { verb: "set", key: "k" as never, value: Buffer.from("1"), flags: 0n }, options: WRITE });
      await until("it has it", () => node.state.kv.get("k" as never).value !== undefined);
      await cluster.stop(node);
      await using scope = new Scope();
      const platform = realPlatform(scope, { log: { level: "error", write: () => undefined } });

      const plan = await planRecovery({ platform, folder, address: "" });
      assert.equal(plan.before.length, 3);
      assert.deepEqual(
        plan.after.map((server) => server.id),
        [node.id],
      );
      assert.equal(plan.losses.length, 4);
      await recover({ platform, folder, address: "127.0.0.1:8300" });

      const alone = await start(scope, config);
      await leads(alone);
      assert.equal((await alone.backend.call("KV.Get", { key: "k" as never, options: READ })).value?.value, "1");
    }));

  it("takes a peers.json in at the start, and deletes it", () =>
    inFolder(async (folder) => {
      const config = configOf(1, { dataDir: folder, bootstrap: true });
      {
        await using scope = new Scope();
        await leads(await start(scope, config));
      }
      const other = "00000000-0000-4000-8000-000000000009";
      const peers = [
        { id: config.nodeId, address: "127.0.0.1:8300" },
        { id: other, address: "127.0.0.1:8301", non_voter: true },
      ];
      await writeFile(join(folder, "raft", "peers.json"), JSON.stringify(peers));
      await using scope = new Scope();

      const node = await start(scope, config);

      await leads(node);
      assert.deepEqual(
        node.raft.status().configuration.servers.map((server) => [server.id, server.suffrage]),
        [
          [config.nodeId, "voter"],
          [other, "learner"],
        ],
      );
      await assert.rejects(
        import("node:fs/promises").then(({ stat }) => stat(join(folder, "raft", "peers.json"))),
        { code: "ENOENT" },
      );
    }));
});

describe("Servers whose addresses all changed", () => {
  it("find each other again by what they announce, and are noted at their new addresses", async () => {
    const folders = await Promise.all([1, 2, 3].map(() => mkdtemp(join(tmpdir(), "kvorum-move-"))));
    try {
      const configs = [1, 2, 3].map((number, at) => configOf(number, { dataDir: folders[at] ?? "", bootstrap: number === 1 }));
      {
        await using cluster = new TestCluster();
        for (const [at, config] of configs.entries()) await cluster.add(at + 1, config);
        const [first, second, third] = cluster.nodes;
        assert.ok(first !== undefined && second !== undefined && third !== undefined);
        await leads(first);
        for (const node of [second, third]) await first.backend.call("Operator.RaftAddPeer", { address: node.rpcAddress, options: WRITE });
        await cluster.promoted(3);
        await first.backend.call("KV.Apply", { write: { verb: "set", key: "k" as never, value: Buffer.from("1"), flags: 0n }, options: WRITE });
      }
      await using moved = new TestCluster();
      const seed = await moved.add(1, { ...configs[0], rpcBind: "127.0.0.2:0", rpcAdvertise: "127.0.0.2:0" });
      const join_ = { ...configOf(1).join, retryJoin: [seed.rpcAddress] };
      for (const number of [2, 3])
        await moved.add(number, { ...configs[number - 1], rpcBind: `127.0.0.${number + 1}:0`, rpcAdvertise: `127.0.0.${number + 1}:0`, join: join_ });

      await until("one leads", () => moved.nodes.some((node) => node.raft.status().role === "leader"));
      assert.equal((await seed.backend.call("KV.Get", { key: "k" as never, options: READ })).value?.value, "1");
      const wanted = moved.nodes.map((node) => node.rpcAddress).sort();
      await until("all are noted where they are", () => {
        const noted = seed.raft
          .status()
          .configuration.servers.map((server) => server.address)
          .sort();
        return wanted.join() === noted.join();
      });
    } finally {
      await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
    }
  });
});
