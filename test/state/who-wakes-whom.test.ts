import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Indexed, WatchSet } from "../../src/state/index.ts";
import { Bench } from "./harness.ts";

/** `web` on n1, beside it `side`; on n2 `other`; a check of each, and one of each node. */
function prepared(): Bench {
  const bench = new Bench();
  bench.node("n1");
  bench.node("n2");
  bench.service("web", { tags: ["a"] });
  bench.service("side");
  bench.service("other", { node: "n2", tags: ["a"] });
  bench.check("web-up", { serviceId: "web" });
  bench.check("side-up", { serviceId: "side" });
  bench.check("other-up", { node: "n2", serviceId: "other" });
  bench.check("n1-up");
  bench.check("n2-up", { node: "n2" });
  bench.check("n1-ill", { status: "critical" });
  bench.check("n2-warm", { node: "n2", status: "warning" });
  return bench;
}

const WEB = { service: "web", connect: false, tags: [], nodeMeta: {} };
type Read = (bench: Bench, watch?: WatchSet) => Indexed<unknown>;

/** Blocking reads, in the order of the columns below. */
const READS: readonly (readonly [name: string, read: Read])[] = [
  ["catalog/nodes", ({ store }, watch) => store.catalog.nodes({}, watch)],
  ["catalog/services", ({ store }, watch) => store.catalog.services({}, watch)],
  ["catalog/service/web", ({ store }, watch) => store.catalog.serviceNodes(WEB, watch)],
  ["catalog/node/n1", ({ store }, watch) => store.catalog.nodeServices("n1", watch)],
  ["health/service/web", ({ store }, watch) => store.health.serviceNodes(WEB, watch)],
  ["health/checks/web", ({ store }, watch) => store.health.checks("web", {}, watch)],
  ["health/node/n1", ({ store }, watch) => store.health.node("n1", watch)],
  ["health/state/passing", ({ store }, watch) => store.health.state("passing", {}, watch)],
  ["health/state/critical", ({ store }, watch) => store.health.state("critical", {}, watch)],
  ["health/state/any", ({ store }, watch) => store.health.state("any", {}, watch)],
  ["internal/ui/node/n1", ({ store }, watch) => store.dump.node("n1", watch)],
  ["health/services", ({ store }, watch) => store.dump.instances({}, watch)],
  ["kv", ({ store }, watch) => store.kv.list("" as never, watch)],
];

const deregister = (bench: Bench, node: string, what: { readonly serviceId?: string; readonly checkId?: string } = {}): unknown =>
  bench.run("catalog.deregister", { node, serviceId: "", checkId: "", ...what });

/** Which of the reads is answered (`x`) by which change, each from the same beginning. */
const TABLE: readonly (readonly [change: string, does: (bench: Bench) => unknown, answered: string])[] = [
  ["the same node again", (b) => b.node("n1"), "............."],
  ["the same service again", (b) => b.service("web", { tags: ["a"] }), "............."],
  ["the same check again", (b) => b.check("web-up", { serviceId: "web" }), "............."],
  ["a key", (b) => b.set("k", "v"), "............x"],
  ["a session", (b) => b.session(), "............."],
  ["a new node", (b) => b.node("n3"), "x............"],
  ["a new service elsewhere", (b) => b.service("fresh", { node: "n2" }), ".x.........x."],
  ["a new service on n1", (b) => b.service("fresh"), ".x.x......xx."],
  ["an instance of web elsewhere", (b) => b.service("web2", { node: "n2", service: "web", tags: ["a"] }), ".xx.x......x."],
  ["another port of other, elsewhere", (b) => b.service("other", { node: "n2", tags: ["a"], port: 81 }), "...........x."],
  ["another tag of other, elsewhere", (b) => b.service("other", { node: "n2", tags: ["b"] }), ".x.........x."],
  ["another port of side, on n1", (b) => b.service("side", { port: 81 }), "...x......xx."],
  ["another port of web", (b) => b.service("web", { tags: ["a"], port: 81 }), "..xxx.....xx."],
  ["another tag of web", (b) => b.service("web", { tags: ["b"] }), ".xxxx.....xx."],
  ["another address of n1", (b) => b.node("n1", { address: "10.9.9.9" }), "x.xxx.....xx."],
  ["another address of n2", (b) => b.node("n2", { address: "10.9.9.9" }), "x..........x."],
  ["a check of other turns critical", (b) => b.check("other-up", { node: "n2", serviceId: "other", status: "critical" }), ".......xxx.x."],
  ["a check of other says something else", (b) => b.check("other-up", { node: "n2", serviceId: "other", output: "o" }), ".......x.x.x."],
  ["a check of side turns critical", (b) => b.check("side-up", { serviceId: "side", status: "critical" }), "......xxxxxx."],
  ["a check of web turns critical", (b) => b.check("web-up", { serviceId: "web", status: "critical" }), "....xxxxxxxx."],
  ["a check of web turns to a warning", (b) => b.check("web-up", { serviceId: "web", status: "warning" }), "....xxxx.xxx."],
  ["a check of n1 turns critical", (b) => b.check("n1-up", { status: "critical" }), "....x.xxxxxx."],
  ["a check of n2 turns critical", (b) => b.check("n2-up", { node: "n2", status: "critical" }), ".......xxx.x."],
  ["a warning of n2 says something else", (b) => b.check("n2-warm", { node: "n2", status: "warning", output: "o" }), ".........x.x."],
  ["a check of n1 goes", (b) => deregister(b, "n1", { checkId: "n1-up" }), "....x.xx.xxx."],
  ["a check of web goes", (b) => deregister(b, "n1", { checkId: "web-up" }), "....xxxx.xxx."],
  ["other goes", (b) => deregister(b, "n2", { serviceId: "other" }), ".x.....x.x.x."],
  ["side goes", (b) => deregister(b, "n1", { serviceId: "side" }), ".x.x..xx.xxx."],
  ["web goes", (b) => deregister(b, "n1", { serviceId: "web" }), ".xxxxxxx.xxx."],
  ["n2 goes", (b) => deregister(b, "n2"), "xx.....x.x.x."],
  ["n1 goes", (b) => deregister(b, "n1"), "xxxxxxxxxxxx."],
];

describe("a blocking query", () => {
  for (const [change, does, answered] of TABLE) {
    it(`is answered by what it asks for and by nothing else: ${change}`, () => {
      const seen = READS.map(([name, read]) => {
        const bench = prepared();
        const before = read(bench);
        const woken = bench.wakes(
          (watch) => read(bench, watch),
          () => does(bench),
        );
        const after = read(bench);
        // As a blocking query goes on: woken, it looks whether the index has moved, or what was there is gone.
        const answers = woken && after.index !== before.index;
        try {
          assert.deepEqual(after.value, before.value);
        } catch {
          assert(answers, `${name} must not miss that: ${change}`);
        }
        assert((after.shown ?? after.index) >= after.index);
        return answers ? "x" : ".";
      });

      const named = (marks: string): readonly string[] => READS.flatMap(([name], at) => (marks[at] === "x" ? [name] : []));
      assert.deepEqual(named(seen.join("")), named(answered));
    });
  }

  it("of a service that nobody has is answered when one comes, and not by others that come", () => {
    const read: Read = ({ store }, watch) => store.health.serviceNodes({ ...WEB, service: "nobody" }, watch);
    for (const [service, woken] of [
      ["somebody", false],
      ["nobody", true],
    ] as const) {
      const bench = prepared();
      const before = read(bench).index;
      const answered = bench.wakes(
        (watch) => read(bench, watch),
        () => bench.service(service),
      );
      assert.equal(answered && read(bench).index > before, woken, service);
    }
  });
});
