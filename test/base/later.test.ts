import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { after, Later, promised } from "../../src/base/later.ts";

describe("A later value", () => {
  it("comes in the call that settles it, or in the one that waits when it is there, and once only", () => {
    for (const early of [true, false]) {
      const later = new Later<number>();
      const heard: unknown[] = [];
      const bring = (): void => {
        later.settle(1);
        later.settle(2);
        later.fail(new Error("too late"));
      };
      if (early) bring();
      later.on(
        (value) => heard.push(value),
        (error) => heard.push(error),
      );
      if (!early) bring();
      assert.deepEqual(heard, [1]);
    }
  });

  it("fails in the same way", () => {
    const later = new Later<number>();
    const heard: unknown[] = [];
    later
      .map((value) => value + 1)
      .on(
        () => assert.fail(),
        (error) => heard.push(error),
      );
    later.fail("why");
    assert.deepEqual(heard, ["why"]);
  });

  it("is mapped, and a mapping that throws is its failure", () => {
    const later = new Later<number>();
    const heard: unknown[] = [];
    later
      .map((value) => {
        if (value === 1) throw new RangeError("one");
        return value;
      })
      .on(
        () => assert.fail(),
        (error) => heard.push(error),
      );
    later.settle(1);
    assert.ok(heard[0] instanceof RangeError);
  });

  it("can be had as a promise", async () => {
    const later = new Later<number>();
    const promise = promised(after(later, (value) => value * 2));
    later.settle(21);
    assert.equal(await promise, 42);
    assert.equal(await promised(after(Promise.resolve(1), String)), "1");
    assert.equal(after(1, String), "1");
  });
});
