import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Cluster } from "./cluster.ts";

describe("RaftCore, three servers", () => {
  it("elects one leader and applies what it is given everywhere, in order (Raft paper §5.2, §5.3)", () => {
    const cluster = Cluster.of(3).elect("a");
    cluster.propose("a", "x", "y").settle();
    cluster.propose("a", "z").settle();
    for (const name of ["a", "b", "c"]) assert.deepEqual(cluster.at(name).content, ["x", "y", "z"]);
    assert.deepEqual(cluster.leaders, ["a"]);
  });
});
