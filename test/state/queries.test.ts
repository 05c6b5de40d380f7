import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PreparedQuery } from "../../src/model/index.ts";
import type { Results } from "../../src/state/index.ts";
import { SAMPLE_AUTOPILOT, sampleQuery } from "../support/samples.ts";
import { Bench, done, SESSION } from "./harness.ts";

const TEMPLATE = { type: "name_prefix_match", regexp: "", removeEmptyTags: false };

function query(id: string, more: Partial<PreparedQuery> = {}): Omit<PreparedQuery, "createIndex" | "modifyIndex"> {
  const { createIndex: _created, modifyIndex: _modified, ...asked } = sampleQuery({ id, name: "" });
  return { ...asked, ...more };
}
function put(bench: Bench, id: string, more: Partial<PreparedQuery> = {}): Results["query.set"] {
  return bench.run("query.set", { query: query(id, more) });
}

describe("prepared queries (Consul api-docs, query)", () => {
  it("are made, replaced, found by id and name, removed", () => {
    const bench = new Bench();
    done(put(bench, "q1", { name: "Geo" }));
    done(put(bench, "q1", { name: "near" }));
    assert.deepEqual(
      bench.store.queries.list().value.map(({ name, createIndex, modifyIndex }) => [name, createIndex, modifyIndex]),
      [["near", 1, 2]],
    );
    assert.equal(bench.store.queries.find("NEAR").value?.id, "q1");
    assert.equal(bench.store.queries.find("geo").value, undefined);
    done(bench.run("query.delete", { id: "q1" }));
    assert.deepEqual(bench.store.queries.get("q1"), { index: 3, value: undefined });
  });

  for (const { say, given, message } of [
    { say: "a name that is taken, in any case", given: { name: "GEO" }, message: "name 'GEO' aliases an existing query name" },
    { say: "a template of a name that is taken", given: { name: "geo", template: TEMPLATE }, message: "name 'geo' aliases an existing query name" },
    { say: "a second template for all", given: { template: TEMPLATE }, message: "a query template with an empty name already exists" },
    { say: "a name that is an id", given: { name: "q1" }, message: "name 'q1' aliases an existing query ID" },
    { say: "a session that is not there", given: { session: SESSION }, message: `invalid session "${SESSION}"` },
  ]) {
    it(`are refused for ${say}`, () => {
      const bench = new Bench();
      done(put(bench, "q1", { name: "geo" }));
      done(put(bench, "q2", { template: TEMPLATE }));
      const before = bench.store.stateHash();
      assert.deepEqual(put(bench, "q3", given), { kind: "refused", message });
      assert.equal(bench.store.stateHash(), before);
    });
  }

  it("of a template stand for the longest beginning of a name", () => {
    const bench = new Bench();
    done(put(bench, "all", { template: TEMPLATE }));
    done(put(bench, "geo", { name: "geo-", template: TEMPLATE }));
    done(put(bench, "exact", { name: "geo-db" }));
    const found = ["geo-db", "GEO-web", "other", ""].map((name) => bench.store.queries.find(name).value?.id);
    assert.deepEqual(found, ["exact", "geo", "all", undefined]);
  });

  it("end with their session", () => {
    const bench = new Bench();
    bench.node();
    bench.session();
    done(put(bench, "q1", { session: SESSION }));
    done(put(bench, "q2", { name: "stays" }));
    bench.run("session.destroy", { id: SESSION });
    assert.deepEqual(
      bench.store.queries.list().value.map(({ id }) => id),
      ["q2"],
    );
    assert.equal(bench.store.queries.list().index, bench.index);
  });
});

describe("autopilot's settings", () => {
  const config = SAMPLE_AUTOPILOT;
  it("are set, or set only at an index", () => {
    const bench = new Bench();
    assert.deepEqual(bench.run("autopilot.set", { config, cas: undefined }), { kind: "done", value: true });
    assert.deepEqual(bench.run("autopilot.set", { config, cas: 0 }), { kind: "done", value: false });
    assert.deepEqual(bench.run("autopilot.set", { config: { ...config, minQuorum: 3 }, cas: 2 }), { kind: "done", value: false });
    assert.deepEqual(bench.run("autopilot.set", { config: { ...config, minQuorum: 3 }, cas: 1 }), { kind: "done", value: true });
    assert.deepEqual(bench.store.autopilot(), { index: 4, value: { ...config, minQuorum: 3, createIndex: 1, modifyIndex: 4 } });
  });
});
