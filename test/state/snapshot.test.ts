import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { KvWrite, TxnOp } from "../../src/model/index.ts";
import { inspectSnapshot, StateStore, WatchSet } from "../../src/state/index.ts";
import { encodeRecord } from "../../src/state/snapshot-writer.ts";
import { numbers } from "../support/numbers.ts";
import { SAMPLE_AUTOPILOT } from "../support/samples.ts";
import { Bench, bytes, check, done, key, node, service, session } from "./harness.ts";

/** Puts all sorts of rows in, and takes some out. */
function scramble(bench: Bench, chance: (below: number) => number, steps: number): void {
  const name = (kind: string): string => `${kind}${chance(8)}`;
  const id = (): string => `00000000-0000-0000-0000-0000000000${10 + chance(10)}`;
  const text = (): string => Array.from({ length: chance(40) }, () => String.fromCharCode(chance(256))).join("");
  const kv = (): KvWrite => {
    const at = {
      key: key(`${chance(4)}/${chance(60)}`),
      value: Buffer.from(text(), "latin1"),
      flags: chance(3) === 0 ? 18446744073709551615n : BigInt(chance(9)),
    };
    const writes: readonly KvWrite[] = [
      { verb: "set", ...at },
      { verb: "set", ...at },
      { verb: "cas", ...at, index: chance(3) },
      { verb: "lock", ...at, session: id() },
      { verb: "unlock", ...at, session: id() },
      { verb: "delete", key: at.key },
      { verb: "delete-tree", prefix: key(`${chance(4)}/${chance(60)}`) },
    ];
    return writes[chance(writes.length)] ?? { verb: "set", ...at };
  };
  for (let step = 0; step < steps; step++) {
    switch (chance(12)) {
      case 0:
        bench.run("catalog.register", {
          node: node(name("n"), { meta: { a: text() }, id: chance(2) === 0 ? id() : "" }),
          skipNodeUpdate: false,
          service: undefined,
          checks: [],
        });
        break;
      case 1:
        bench.run("catalog.register", {
          node: node(name("n")),
          skipNodeUpdate: true,
          service: service(name("s"), { tags: ["x"], proxy: { Deep: [1, { ok: true }] }, connect: { Native: true }, socketPath: "/run/s" }),
          checks: [],
        });
        break;
      case 2: {
        const on = name("n");
        bench.run("catalog.register", {
          node: node(on),
          skipNodeUpdate: true,
          service: undefined,
          checks: [check(name("c"), { node: on, status: chance(3) === 0 ? "critical" : "passing" })],
        });
        break;
      }
      case 3:
        bench.run("session.create", { session: session({ id: id(), node: name("n"), behavior: chance(2) === 0 ? "delete" : "release", checks: [] }) });
        break;
      case 4:
        bench.run("catalog.deregister", { node: name("n"), serviceId: chance(2) === 0 ? name("s") : "", checkId: chance(2) === 0 ? name("c") : "" });
        bench.run("catalog.remove", { node: name("n"), serviceId: chance(2) === 0 ? name("s") : "", checkId: name("c"), at: step });
        break;
      case 5: {
        const ops: TxnOp[] = Array.from({ length: 3 }, () => ({ kind: "kv", op: kv() }));
        bench.run("txn", { ops });
        break;
      }
      case 6:
        bench.run("coordinates.update", {
          updates: [{ node: name("n"), segment: "", coord: { vec: [chance(9) / 7, 0.1], error: 1.5, adjustment: 0, height: 1e-5 } }],
        });
        break;
      default:
        bench.run("kv.write", kv());
    }
  }
  bench.run("autopilot.set", { config: SAMPLE_AUTOPILOT, cas: undefined });
}

/** Hands bytes out in pieces of odd sizes, empty at the end. */
function reader(chunks: readonly Uint8Array[], chance: (below: number) => number): () => Promise<Uint8Array> {
  const all = Buffer.concat(chunks);
  let at = 0;
  return () => {
    const size = 1 + chance(5_000);
    const piece = all.subarray(at, at + size);
    at += piece.length;
    return Promise.resolve(piece);
  };
}

describe("snapshots of the state", () => {
  for (let seed = 1; seed <= 15; seed++) {
    it(`come back as they were taken, whatever was written meanwhile, seed=${seed}`, async () => {
      const chance = numbers(seed);
      const bench = new Bench();
      scramble(bench, chance, 400);
      const hash = bench.store.stateHash();
      const index = bench.index;
      const snapshot = bench.store.snapshot();

      const chunks: Uint8Array[] = [];
      for (const chunk of snapshot.chunks()) {
        chunks.push(chunk);
        scramble(bench, chance, 40);
      }
      snapshot.release();
      const copy = new Bench();
      await copy.store.restore(reader(chunks, chance), { index });

      assert.equal(copy.store.stateHash(), hash);
      assert.equal(copy.store.lastIndex, index);
      const twin = new Bench();
      await twin.store.restore(reader(chunks, chance), { index });
      copy.index = index;
      twin.index = index;
      scramble(copy, numbers(seed + 100), 300);
      scramble(twin, numbers(seed + 100), 300);
      assert.equal(copy.store.stateHash(), twin.store.stateHash(), "what is derived was rebuilt: both go on alike");
    });
  }

  it("rebuilds what a replica that never restored has", async () => {
    const original = new Bench();
    scramble(original, numbers(7), 500);
    const restored = new Bench();
    await restored.store.restore(reader([...original.store.snapshot().chunks()], numbers(1)), { index: original.index });
    restored.index = original.index;
    for (const bench of [original, restored]) scramble(bench, numbers(8), 500);
    assert.equal(restored.store.stateHash(), original.store.stateHash());
  });

  it("are made in pieces of 64 KiB, and end when released", () => {
    const bench = new Bench();
    for (let i = 0; i < 2_000; i++) bench.apply("kv.write", { verb: "set", key: key(`k${i}`), value: Buffer.alloc(200, i), flags: 0n });
    const sizes = [...bench.store.snapshot().chunks()].map(({ length }) => length);
    assert.ok(sizes.length > 5 && sizes.every((size) => size < 66_000), sizes.join(" "));

    const snapshot = bench.store.snapshot();
    let pieces = 0;
    for (const _ of snapshot.chunks()) {
      pieces += 1;
      snapshot.release();
    }
    assert.equal(pieces, 1);
  });

  it("put in another state wakes everybody who waits on the old one, and readers see the new one", async () => {
    const old = new Bench();
    old.set("a", "old");
    const other = new Bench();
    other.set("a", "new");
    let woken = 0;
    for (const name of ["a", "missing"]) {
      const watch = new WatchSet();
      old.store.kv.get(key(name), watch);
      watch.wait(() => {
        woken += 1;
      });
    }
    await old.store.restore(reader([...other.store.snapshot().chunks()], numbers(1)), { index: 9 });
    assert.equal(woken, 2);
    assert.equal(old.store.kv.get(key("a")).value?.value, "new");
    assert.equal(old.store.lastIndex, 9);
  });

  it("are refused when garbled or cut short, and the old state stands", async () => {
    const bench = new Bench();
    scramble(bench, numbers(3), 200);
    const whole = Buffer.concat([...bench.store.snapshot().chunks()]);
    const hash = bench.store.stateHash();
    const newer = encodeRecord("header", { format: 2, index: 1 });
    const faults: readonly (readonly [string, Buffer, RegExp])[] = [
      ["cut in a record", whole.subarray(0, whole.length - 3), /cut short/],
      ["without its end", whole.subarray(0, whole.length - encodeRecord("end", { records: 999 }).length), /cut short/],
      ["empty", Buffer.alloc(0), /cut short/],
      ["with more behind its end", Buffer.concat([whole, whole]), /after its end/],
      ["without a header", encodeRecord("end", { records: 0 }), /header/],
      ["of a newer format", newer, /format 2 is newer than 1/],
      ["of an unknown record", Buffer.from([77, 0, 0, 0, 1, 0xc0]), /unknown record 77/],
      [
        "with a row of another shape",
        Buffer.concat([encodeRecord("header", { format: 1, index: 1, ahead: 0 }), encodeRecord("nodes", { id: 5 })]),
        /node\.id is not text/,
      ],
      ["with an absurd length", Buffer.from([11, 255, 255, 255, 255]), /record of 4294967295 bytes/],
    ];
    for (const [say, garbled, message] of faults) {
      await assert.rejects(bench.store.restore(reader([garbled], numbers(2)), { index: 1_000_000 }), { code: "corrupt", message }, say);
      assert.equal(bench.store.stateHash(), hash, say);
    }
  });

  it("let the loop turn while they are restored", async () => {
    const bench = new Bench();
    for (let i = 0; i < 3_000; i++) bench.apply("kv.write", { verb: "set", key: key(`k${i}`), value: bytes("v"), flags: 0n });
    let pauses = 0;
    const copy = new StateStore({
      pause: async () => {
        pauses += 1;
      },
    });
    await copy.restore(reader([...bench.store.snapshot().chunks()], numbers(1)), { index: 3_000 });
    assert.equal(pauses, 6);
  });

  it("can be counted by kind without being restored", async () => {
    const bench = new Bench();
    bench.node();
    bench.service("web");
    bench.session();
    for (const name of ["a", "b", "c"]) bench.set(name);
    bench.remove("c");
    done(bench.run("query.delete", { id: "none" }));
    const chunks = [...bench.store.snapshot().chunks()];
    const summary = await inspectSnapshot(chunks);
    assert.deepEqual([summary.index, summary.format, summary.sizeBytes], [bench.index, 1, Buffer.concat(chunks).length]);
    assert.deepEqual(
      summary.kinds.map(({ kind, count }) => `${kind} ${count}`),
      ["header 1", "indexes 10", "nodes 1", "services 1", "sessions 1", "tombstones 1", "kv 2", "end 1"],
    );
  });
});
