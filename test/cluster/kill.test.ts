import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Cluster } from "../support/cluster.ts";
import { Writers } from "./writers.ts";

describe("kill -9 under load", { timeout: 400_000 }, () => {
  it("loses no acknowledged write when each of three servers is killed in turn", async () => {
    await using cluster = await Cluster.form({ servers: 3 });
    await using writers = new Writers(cluster, 8);
    for (const victim of cluster.servers) {
      await writers.progress(100);
      await victim.kill();
      await writers.progress(100);
      victim.start();
      await cluster.allVote();
    }
    await writers.stop();
    await writers.check();
  });

  it("loses no acknowledged write when the leader is killed again and again", async () => {
    await using cluster = await Cluster.form({ servers: 3 });
    await using writers = new Writers(cluster, 8);
    for (let round = 0; round < 4; round++) {
      await writers.progress(100);
      const leader = await cluster.leader();
      await leader.kill();
      await writers.progress(20);
      leader.start();
      await cluster.allVote();
    }
    await writers.stop();
    await writers.check();
  });

  it("loses no acknowledged write when all are killed at once and started again", async () => {
    await using cluster = await Cluster.form({ servers: 3 });
    for (let round = 0; round < 2; round++) {
      await using writers = new Writers(cluster, 8);
      await writers.progress(300);
      await Promise.all(cluster.servers.map((server) => server.kill()));
      await writers.stop();
      for (const server of cluster.servers) server.start();
      await cluster.allVote();
      await writers.check();
      const leader = await cluster.leader();
      assert.equal((await leader.api.askLeader("DELETE", "/v1/kv/?recurse")).status, 200);
    }
  });
});
