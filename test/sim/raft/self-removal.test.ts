import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CALM } from "../weather.ts";
import { RaftWorld } from "./raft-world.ts";

describe("a leader that removes itself", () => {
  it("tells that it was done, since it leads until that is committed (thesis §4.2.2)", async () => {
    const world = new RaftWorld({ seed: 3, servers: 3, weather: CALM });
    await world.run(200);
    const leader = world.servers.find((server) => server.node?.status().role === "leader");
    let outcome = "nothing";
    leader?.node?.changeMembership({ kind: "remove", id: leader.id }).then(
      () => {
        outcome = "done";
      },
      (error: unknown) => {
        outcome = String(error);
      },
    );

    await world.scheduler.run(2_000);

    assert.equal(outcome, "done");
    assert.equal(leader?.node?.status().role, "follower");
  });
});
