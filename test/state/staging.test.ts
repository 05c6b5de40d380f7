import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { utf8ToByteString } from "../../src/base/byte-string.ts";
import { encodeCommand, type StateEvent, StateStore, WatchSet } from "../../src/state/index.ts";

const key = utf8ToByteString("k");

/** A store, and what it was told, command by command. */
class Replica {
  readonly events: StateEvent[] = [];
  readonly state = new StateStore({ onEvents: (events) => this.events.push(...events), pause: async () => undefined });
  #index = 0;

  set(value: string, index = this.#index + 1): number {
    this.#take(encodeCommand({ type: "kv.write", body: { verb: "set", key, value: Buffer.from(value), flags: 0n } }), index);
    return this.state.kv.get(key).value?.modifyIndex ?? 0;
  }

  restore(...steps: Parameters<typeof encodeCommand<"restore">>[0]["body"][]): unknown {
    let result: unknown;
    for (const body of steps) result = this.#take(encodeCommand({ type: "restore", body }), this.#index + 1);
    return result;
  }

  /** Goes on from a snapshot of the other one, as a server does that was left behind. */
  async follow(other: Replica): Promise<void> {
    const chunks = [...other.state.snapshot().chunks()];
    this.#index = other.#index;
    await this.state.restore(async () => chunks.shift() ?? new Uint8Array(0), { index: this.#index });
  }

  #take(data: Uint8Array, index: number): unknown {
    this.#index = index;
    const result = this.state.apply(index, data);
    this.state.applied(index);
    return result;
  }
}

function snapshotOf(replica: Replica): Uint8Array {
  return Buffer.concat([...replica.state.snapshot().chunks()]);
}

describe("A restore through the log", () => {
  it("replaces the state at one index, wakes everybody, and indexes go on growing", () => {
    const replica = new Replica();
    replica.set("kept");
    const bytes = snapshotOf(replica);
    replica.set("overwritten");
    let woken = 0;
    const watch = new WatchSet();
    const { index } = replica.state.kv.get(key, watch);
    watch.wait(() => woken++);

    replica.restore(
      { step: "begin", id: "r" },
      { step: "chunk", id: "r", number: 0, bytes: bytes.subarray(0, 30) },
      { step: "chunk", id: "r", number: 1, bytes: bytes.subarray(30) },
    );
    assert.equal(replica.state.kv.get(key).value?.value, "overwritten");
    assert.equal(woken, 0);
    replica.restore({ step: "commit", id: "r", chunks: 2 });

    assert.equal(replica.state.kv.get(key).value?.value, "kept");
    assert.equal(woken, 1);
    assert.deepEqual(replica.events.at(-1), { kind: "restored" });
    assert.ok(replica.set("later") > index);
  });

  it("lifts the indexes of a younger cluster above those of the snapshot", async () => {
    const old = new Replica();
    const written = old.set("old", 5_000);
    const young = new Replica();
    young.set("young");

    young.restore({ step: "begin", id: "r" }, { step: "chunk", id: "r", number: 0, bytes: snapshotOf(old) }, { step: "commit", id: "r", chunks: 1 });

    assert.equal(young.state.kv.get(key).value?.modifyIndex, written);
    const next = young.set("next");
    assert.ok(next > written);
    const third = new Replica();
    await third.follow(young);
    assert.equal(third.set("more"), young.set("more"));
    assert.equal(third.state.stateHash(), young.state.stateHash());
  });

  it("survives a snapshot that is taken in the middle of it", async () => {
    const first = new Replica();
    first.set("kept");
    const bytes = snapshotOf(first);
    for (const cut of [0, 1]) {
      const one = new Replica();
      const two = new Replica();
      one.set("before");
      one.restore({ step: "begin", id: "r" });
      if (cut === 1) one.restore({ step: "chunk", id: "r", number: 0, bytes: bytes.subarray(0, 10) });
      await two.follow(one);
      assert.equal(two.state.restoring, "r");

      const rest = cut === 1 ? bytes.subarray(10) : bytes;
      for (const replica of [one, two]) {
        assert.deepEqual(replica.restore({ step: "chunk", id: "r", number: cut, bytes: rest }, { step: "commit", id: "r", chunks: cut + 1 }), {
          kind: "done",
          value: undefined,
        });
        assert.equal(replica.state.kv.get(key).value?.value, "kept");
      }
      assert.equal(one.state.stateHash(), two.state.stateHash());
    }
  });

  it("is refused and forgotten when a piece is missing, when it is no snapshot, and when another one has begun", () => {
    const replica = new Replica();
    replica.set("stays");
    const bytes = snapshotOf(replica);
    const refused = (...steps: Parameters<Replica["restore"]>): void => {
      const result = replica.restore(...steps) as { readonly kind: string };
      assert.equal(result.kind, "refused");
      assert.equal(replica.state.kv.get(key).value?.value, "stays");
    };

    refused({ step: "begin", id: "a" }, { step: "chunk", id: "a", number: 1, bytes });
    refused({ step: "begin", id: "b" }, { step: "chunk", id: "b", number: 0, bytes: Buffer.from([99, 0, 0, 0, 1, 1]) });
    refused({ step: "begin", id: "c" }, { step: "chunk", id: "c", number: 0, bytes: bytes.subarray(0, 20) }, { step: "commit", id: "c", chunks: 1 });
    refused({ step: "begin", id: "d" }, { step: "begin", id: "e" }, { step: "chunk", id: "d", number: 0, bytes });
    assert.equal(replica.state.restoring, "e");
    replica.restore({ step: "abort", id: "e" });
    assert.equal(replica.state.restoring, undefined);
  });
});
