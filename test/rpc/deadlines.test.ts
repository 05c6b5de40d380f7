import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Heap, type HeapItem } from "../../src/base/heap.ts";
import { Deadlines } from "../../src/rpc/index.ts";
import { HandClock } from "../support/hand-clock.ts";

describe("Deadlines", () => {
  it("runs each once, in the order of their times, and none early", () => {
    const clock = new HandClock();
    const deadlines = new Deadlines(clock);
    const ran: string[] = [];
    for (const ms of [30, 10, 20, 10]) deadlines.add(ms, () => ran.push(`${ms}@${clock.now()}`));

    clock.turn(15);
    assert.deepEqual(ran, ["10@10", "10@10"]);
    clock.turn(100);

    assert.deepEqual(ran, ["10@10", "10@10", "20@20", "30@30"]);
    assert.equal(deadlines.size, 0);
  });

  it("leaves out what was cancelled, also by another deadline", () => {
    const clock = new HandClock();
    const deadlines = new Deadlines(clock);
    const ran: number[] = [];
    const later = deadlines.add(10, () => ran.push(2));
    deadlines.add(5, () => deadlines.cancel(later));
    deadlines.cancel(deadlines.add(3, () => ran.push(1)));

    clock.turn(50);

    assert.deepEqual(ran, []);
  });

  it("keeps ten thousand waits on one timer", () => {
    const clock = new HandClock();
    const deadlines = new Deadlines(clock);
    for (let n = 0; n < 10_000; n++) deadlines.add(300_000 + n, () => undefined);

    assert.equal(clock.timers, 1);
    assert.equal(deadlines.size, 10_000);
  });
});

describe("Heap", () => {
  it("gives the smallest first whatever was added and removed in between", () => {
    interface Item extends HeapItem {
      readonly value: number;
    }
    const heap = new Heap<Item>((a, b) => a.value < b.value);
    let seed = 7;
    const next = (): number => (seed = (seed * 48_271) % 2_147_483_647);
    const held = new Set<Item>();
    for (let step = 0; step < 5_000; step++) {
      const victim = [...held][next() % Math.max(1, held.size)];
      if (next() % 3 === 0 && victim !== undefined) {
        heap.remove(victim);
        heap.remove(victim);
        held.delete(victim);
      } else {
        const item: Item = { value: next() % 1_000, heapAt: -1 };
        heap.add(item);
        held.add(item);
      }
      assert.equal(heap.peek()?.value, held.size === 0 ? undefined : Math.min(...[...held].map((item) => item.value)));
      if (held.size > 60) for (const item of [...held].slice(0, 40)) held.delete(item) && heap.remove(item);
    }
    const left = [...held].map((item) => item.value).sort((a, b) => a - b);
    assert.deepEqual(
      left.map(() => heap.pop()?.value),
      left,
    );
    assert.equal(heap.size, 0);
  });
});
