import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Answer } from "../support/api.ts";
import { Cluster } from "../support/cluster.ts";
import { until } from "../support/until.ts";

describe("three servers on loopback", { timeout: 400_000 }, () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await Cluster.form({ servers: 3, config: { session_ttl_min: "1s" } });
  });
  after(() => cluster[Symbol.asyncDispose]());

  it("all name the same leader and the same peers", async () => {
    const leader = await cluster.leader();
    for (const server of cluster.servers) {
      await until("it names the leader", async () => (await server.api.leader()) === leader.serverAddress);
      const peers = (await server.api.json("GET", "/v1/status/peers")) as readonly string[];
      assert.deepEqual([...peers].sort(), cluster.servers.map(({ serverAddress }) => serverAddress).sort());
    }
  });

  it("each take a write that the others read at once, by default and consistently", async () => {
    for (const writer of cluster.servers) {
      const key = `from/${writer.name}`;
      assert.equal(await writer.api.put(key, writer.name), true);
      for (const reader of cluster.servers) {
        assert.equal(await reader.api.get(key, ""), writer.name, `default, by ${reader.name}`);
        assert.equal(await reader.api.get(key, "consistent"), writer.name, `consistent, by ${reader.name}`);
        await until(`${reader.name} has it itself`, async () => (await reader.api.get(key, "stale")) === writer.name);
      }
    }
  });

  it("let exactly one of many writers win a check-and-set, whichever server each asks (linearizability)", async () => {
    const [first] = cluster.servers;
    assert(first !== undefined);
    for (let round = 0; round < 10; round++) {
      await first.api.put("contended", `${round}`);
      const index: unknown = (await first.api.askLeader("GET", "/v1/kv/contended?consistent")).headers["x-consul-index"];
      const tries: readonly (Promise<boolean> | undefined)[] = Array.from({ length: 12 }, (_, at) =>
        cluster.servers[at % 3]?.api.put("contended", `${round} by ${at}`, `?cas=${String(index)}`),
      );
      const won = (await Promise.all(tries)).filter(Boolean);
      assert.equal(won.length, 1);
    }
  });

  it("wake a blocking query at a follower by a write at another server", async () => {
    const [leader, follower] = [await cluster.leader(), (await cluster.followers())[0]];
    assert(follower !== undefined);
    await leader.api.put("watched", "one");
    let last = "one";
    for (const mode of ["", "&stale"]) {
      // A stale answer may be of before the last write: its index would end the wait at once, and rightly so.
      const before = await until("the follower has it", async () => {
        const answer = await follower.api.ask("GET", `/v1/kv/watched?raw${mode}`);
        return answer.body.toString() === last && answer;
      });
      const waiting: Promise<Answer> = follower.api.ask("GET", `/v1/kv/watched?raw&index=${String(before.headers["x-consul-index"])}&wait=10m${mode}`, {
        timeoutMs: 60_000,
      });
      last = `two${mode}`;
      await leader.api.put("watched", last);
      assert.equal((await waiting).body.toString(), last);
    }
  });

  it("end a session whose TTL ran out, and release its lock, though the leader changed in between", async () => {
    const follower = (await cluster.followers())[0];
    assert(follower !== undefined);
    const created = (await follower.api.json("PUT", "/v1/session/create", { body: JSON.stringify({ TTL: "4s", LockDelay: "1ms" }) })) as {
      readonly ID: string;
    };
    assert.equal(await follower.api.put("lock", "held", `?acquire=${created.ID}`), true);
    const leader = await cluster.leader();
    await leader.kill();
    await cluster.leader();
    leader.start();
    await until("the lock is free", async () => !("Session" in (((await follower.api.json("GET", "/v1/kv/lock")) as readonly object[])[0] ?? {})));
  });
});
