import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eachAtOnce } from "../../src/base/at-once.ts";

describe("eachAtOnce", () => {
  it("has so many under way and no more, and gives results in the order of the items", async () => {
    let open = 0;
    let most = 0;
    const done: number[] = [];
    const results = await eachAtOnce([5, 1, 4, 2, 3], 2, async (item) => {
      most = Math.max(most, ++open);
      for (let turns = 0; turns < item; turns++) await Promise.resolve();
      open--;
      done.push(item);
      return item * 10;
    });
    assert.equal(most, 2);
    assert.deepEqual(results, [50, 10, 40, 20, 30]);
    assert.notDeepEqual(done, [5, 1, 4, 2, 3]);
  });

  it("throws the first failure", async () => {
    await assert.rejects(
      eachAtOnce([1, 2, 3], 2, async (item) => {
        if (item === 2) throw new Error("no two");
      }),
      /no two/,
    );
    assert.deepEqual(await eachAtOnce([], 8, async () => 1), []);
  });
});
