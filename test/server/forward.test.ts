import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KvorumError } from "../../src/base/errors.ts";
import { asNodeId, asTerm } from "../../src/base/ids.ts";
import type { LeadershipView, RaftNode } from "../../src/raft/index.ts";
import { Deadlines } from "../../src/rpc/index.ts";
import { Cancel } from "../../src/server/cancel.ts";
import { Forwarder } from "../../src/server/forward.ts";
import { Leadership } from "../../src/server/leadership.ts";
import { HandClock } from "../support/hand-clock.ts";

const A = { id: asNodeId("a"), address: "a:1" };
const B = { id: asNodeId("b"), address: "b:1" };

/** A follower whose leaders come and go by order of the test. */
class Follower {
  readonly clock = new HandClock();
  readonly forwarder: Forwarder;
  #tell: (view: LeadershipView) => void = () => undefined;

  constructor(leader: LeadershipView["leader"]) {
    const raft = {
      status: () => ({ role: "follower", term: asTerm(1), leader }),
      onLeadership: (listener: (view: LeadershipView) => void) => {
        this.#tell = listener;
        return { [Symbol.dispose]: () => undefined };
      },
      onConfiguration: () => ({ [Symbol.dispose]: () => undefined }),
    } as unknown as RaftNode;
    this.forwarder = new Forwarder({
      leadership: new Leadership(raft),
      deadlines: new Deadlines(this.clock),
      clock: this.clock,
      random: { int: () => 0, bytes: (count) => new Uint8Array(count) },
      holdMs: 7_000,
      forwarded: { add: () => undefined },
    });
  }

  now(leader: LeadershipView["leader"], role: LeadershipView["role"] = "follower"): void {
    this.#tell({ role, term: asTerm(2), leader });
  }

  async turn(to: number): Promise<void> {
    this.clock.turn(to);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A call that each server answers as the test says; those of whom nothing is said never answer. */
function callOf(reads: boolean, answers: Readonly<Record<string, () => Promise<string>>>) {
  const asked: string[] = [];
  const cancel = new Cancel();
  const ask = (who: string, onCancel?: (run: () => void) => void): Promise<string> => {
    asked.push(who);
    const answer = answers[who];
    if (answer !== undefined) return answer();
    return new Promise((_resolve, reject) => onCancel?.(() => reject(new KvorumError("unavailable", "Call cancelled"))));
  };
  return {
    asked,
    cancel,
    call: { here: () => ask("here"), there: (leader: { readonly id: string }, onCancel: (run: () => void) => void) => ask(leader.id, onCancel), reads, cancel },
  };
}

const failing = (code: ConstructorParameters<typeof KvorumError>[0]) => () => Promise.reject(new KvorumError(code, `${code} there`));

describe("Forwarder", () => {
  it("waits for a leader up to the hold time, then says `No cluster leader`", async () => {
    const follower = new Follower(undefined);
    const { call, asked } = callOf(false, {});
    const failed = assert.rejects(follower.forwarder.run(call), { code: "no-leader", message: "No cluster leader" });

    await follower.turn(6_999);
    await follower.turn(7_001);

    await failed;
    assert.deepEqual(asked, []);
  });

  it("goes on as soon as there is one, here or elsewhere", async () => {
    for (const [role, leader, who] of [
      ["leader", A, "here"],
      ["follower", B, "b"],
    ] as const) {
      const follower = new Follower(undefined);
      const { call, asked } = callOf(false, { here: async () => "done", b: async () => "done" });
      const answer = follower.forwarder.run(call);
      await follower.turn(100);

      follower.now(leader, role);

      assert.equal(await answer, "done");
      assert.deepEqual(asked, [who]);
    }
  });

  it("asks a read again after a broken connection, but not a write: it may have happened", async () => {
    const write = callOf(false, { a: failing("leadership-lost") });
    await assert.rejects(new Follower(A).forwarder.run(write.call), { code: "leadership-lost", message: "rpc error making call: leadership-lost there" });
    assert.deepEqual(write.asked, ["a"]);

    const follower = new Follower(A);
    const read = callOf(true, { a: failing("leadership-lost"), b: async () => "done" });
    const answer = follower.forwarder.run(read.call);
    await follower.turn(1);
    follower.now(B);
    await follower.turn(200);

    assert.equal(await answer, "done");
    assert.deepEqual(read.asked.at(-1), "b");
  });

  it("tries a write again when the other says that nothing was done", async () => {
    const follower = new Follower(A);
    const { call, asked } = callOf(false, { a: failing("not-leader"), b: async () => "done" });
    const answer = follower.forwarder.run(call);
    await follower.turn(0);

    follower.now(B);

    assert.equal(await answer, "done");
    assert.deepEqual(asked, ["a", "b"]);
  });

  it("asks the new leader at once when a read waits at one that leads no more", async () => {
    const follower = new Follower(A);
    const { call, asked } = callOf(true, { b: async () => "done" });
    const answer = follower.forwarder.run(call);
    await follower.turn(60_000);

    follower.now(B);
    await follower.turn(60_001);
    await follower.turn(60_200);

    assert.equal(await answer, "done");
    assert.deepEqual(asked, ["a", "b"]);
  });

  it("gives a write up, its end unknown, when it waits at one that leads no more: it must not be done late", async () => {
    const follower = new Follower(A);
    const { call, asked } = callOf(false, { b: async () => "done late" });
    const failed = assert.rejects(follower.forwarder.run(call), { code: "leadership-lost" });
    await follower.turn(1_000);

    follower.now(B);
    await follower.turn(1_499);
    await follower.turn(1_501);

    await failed;
    assert.deepEqual(asked, ["a"]);
  });

  it("begins no attempt of a write after the hold time, however long the one before took", async () => {
    const follower = new Follower(A);
    let refuse: (error: Error) => void = () => undefined;
    const { call, asked } = callOf(false, { a: () => new Promise((_resolve, reject) => (refuse = reject)) });
    const failed = assert.rejects(follower.forwarder.run(call), { code: "no-leader" });
    await follower.turn(8_000);

    refuse(new KvorumError("not-leader", "at last"));

    await failed;
    assert.deepEqual(asked, ["a"]);
  });

  it("stops when the client has gone", async () => {
    const follower = new Follower(A);
    const { call, cancel, asked } = callOf(true, {});
    const failed = assert.rejects(follower.forwarder.run(call), { code: "unavailable" });
    await follower.turn(10);

    cancel.fire();

    await failed;
    assert.deepEqual(asked, ["a"]);
  });
});
