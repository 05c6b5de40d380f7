import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CowTree, prefixEnd } from "../../src/base/cow-tree.ts";
import { numbers } from "../support/numbers.ts";

class Model {
  readonly map = new Map<string, number>();
  keys(prefix = ""): string[] {
    return [...this.map.keys()].filter((key) => key.startsWith(prefix)).sort((a, b) => (a < b ? -1 : 1));
  }
  max(prefix: string): number {
    return Math.max(0, ...this.keys(prefix).map((key) => this.map.get(key) ?? 0));
  }
}

function same(tree: CowTree<number>, model: Model): void {
  assert.equal(tree.size, model.map.size);
  assert.deepEqual(
    [...tree.entries()].map(([key]) => key),
    model.keys(),
  );
  for (const [key, value] of tree.entries()) assert.equal(model.map.get(key), value);
}

describe("CowTree", () => {
  for (let seed = 1; seed <= 20; seed++) {
    it(`does what a sorted map does, seed=${seed}`, () => {
      const chance = numbers(seed);
      const tree = new CowTree<number>((weight) => weight);
      const model = new Model();
      const key = (): string => `${chance(6)}/${chance(seed % 2 === 0 ? 30 : 400)}/${String.fromCharCode(chance(256))}`;

      for (let step = 1; step <= 6_000; step++) {
        const k = key();
        const dice = chance(100);
        if (dice < (step % 2_000 < 1_200 ? 70 : 20)) {
          assert.equal(tree.set(k, step), model.map.get(k));
          model.map.set(k, step);
        } else if (dice < 98) {
          assert.equal(tree.delete(k), model.map.get(k));
          model.map.delete(k);
        } else if (dice === 98) {
          const prefix = k.slice(0, 1 + chance(4));
          const gone = model.keys(prefix);
          for (const each of gone) model.map.delete(each);
          assert.equal(tree.deletePrefix(prefix), gone.length);
        }
        if (step % 500 === 0) same(tree, model);
        if (step % 50 === 0) {
          const prefix = k.slice(0, chance(5));
          assert.equal(tree.maxUnder(prefix), model.max(prefix));
          assert.equal(
            tree.ceiling(k),
            model.keys().find((each) => each >= k),
          );
          assert.equal(
            tree.below(k),
            model.keys().findLast((each) => each < k),
          );
          assert.deepEqual(
            tree.valuesUnder(prefix),
            model.keys(prefix).map((each) => model.map.get(each)),
          );
          assert.deepEqual(
            [...tree.entries(k, `${k}~`)].map(([each]) => each),
            model.keys().filter((each) => each >= k && each < `${k}~`),
          );
        }
      }
      same(tree, model);
    });

    it(`keeps frozen views and save points as they were, seed=${seed}`, () => {
      const chance = numbers(seed + 1_000);
      const tree = new CowTree<number>((weight) => weight);
      for (let i = 0; i < 500; i++) tree.set(`k${chance(1_000)}`, i);
      const then = [...tree.entries()];
      const view = tree.freeze();
      const point = tree.save();

      for (let i = 0; i < 1_500; i++) {
        if (chance(3) === 0) tree.set(`k${chance(1_000)}`, i);
        else tree.delete(`k${chance(1_000)}`);
        if (i % 300 === 0) tree.deletePrefix(`k${chance(10)}`);
      }

      assert.deepEqual([...view.entries()], then);
      assert.equal(view.size, then.length);
      tree.rollBack(point);
      assert.deepEqual([...tree.entries()], then);
      assert.equal(tree.maxUnder(""), Math.max(...then.map(([, weight]) => weight)));
      tree.set("new", 9_999);
      assert.deepEqual([...view.entries()], then);
    });
  }

  it("fills its nodes when keys come in order, and can be emptied again", () => {
    const tree = new CowTree<number>();
    const keys = Array.from({ length: 20_000 }, (_, i) => String(i).padStart(6, "0"));
    for (const [i, key] of keys.entries()) tree.set(key, i);
    assert.equal(tree.size, 20_000);
    assert.deepEqual(
      [...tree.entries("019998")].map(([, value]) => value),
      [19_998, 19_999],
    );
    for (const key of keys) assert.notEqual(tree.delete(key), undefined);
    assert.equal(tree.size, 0);
    assert.equal(tree.ceiling(""), undefined);
    assert.equal(tree.deletePrefix(""), 0);
  });

  it("gives a prefix its end, also where no text is greater", () => {
    assert.equal(prefixEnd("a/"), "a0");
    assert.equal(prefixEnd("a\xff"), "a\u0100");
    assert.equal(prefixEnd("a\uffff"), "b");
    assert.equal(prefixEnd("\uffff"), undefined);
    assert.equal(prefixEnd(""), undefined);
  });
});
