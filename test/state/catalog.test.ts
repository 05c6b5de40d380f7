import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Bench, check, done, node, service } from "./harness.ts";

const A = "aaaa1111-bbbb-2222-cccc-333344445555";
const B = "bbbb1111-bbbb-2222-cccc-333344445555";
const of = (name: string, connect = false) => ({ service: name, connect, tags: [], nodeMeta: {} });

describe("registering (Consul api-docs, catalog)", () => {
  it("moves no index when nothing is new: node, service", () => {
    const bench = new Bench();
    const registration = { node: node("n1", { meta: { a: "b" } }), skipNodeUpdate: false, service: service("web", { tags: ["x"] }), checks: [] };
    done(bench.run("catalog.register", registration));
    const hash = bench.store.stateHash();
    done(bench.run("catalog.register", registration));
    assert.equal(bench.store.stateHash(), hash);
  });

  it("moves the shown index of all checks when a check is as it was, and nothing else (seen on 1.8.7)", () => {
    const bench = new Bench();
    bench.node("n1");
    bench.service("web");
    bench.check("c", { serviceId: "web" });
    const { health } = bench.store;
    const own = () => [health.node("n1").index, health.checks("web", {}).index, health.serviceNodes(of("web")).index, health.node("n1").value[0]?.modifyIndex];
    const before = own();
    bench.events.length = 0;
    bench.check("c", { serviceId: "web" });

    assert.deepEqual(own(), before);
    assert.deepEqual(bench.events, []);
    assert.equal(health.node("n1").shown, bench.index);
  });

  it("takes the node's data anew unless told to skip it", () => {
    const bench = new Bench();
    bench.node("n1", { id: A, address: "1.1.1.1" });
    done(bench.run("catalog.register", { node: node("n1", { address: "2.2.2.2" }), skipNodeUpdate: true, service: undefined, checks: [] }));
    assert.equal(bench.store.catalog.node("N1").value?.address, "1.1.1.1");
    done(bench.run("catalog.register", { node: node("n1", { address: "2.2.2.2" }), skipNodeUpdate: false, service: undefined, checks: [] }));
    assert.deepEqual([bench.store.catalog.node("n1").value?.address, bench.store.catalog.node("n1").value?.id], ["2.2.2.2", ""]);
    assert.equal(bench.store.catalog.nodeServices(A).value, undefined);
  });

  it("renames a node by its id: what belonged to the old name goes", () => {
    const bench = new Bench();
    bench.node("old", { id: A });
    bench.service("web", { node: "old" });
    bench.node("new", { id: A });
    assert.deepEqual(
      bench.store.catalog.nodes({}).value.map(({ node: name, createIndex }) => [name, createIndex]),
      [["new", 1]],
    );
    assert.deepEqual(bench.store.catalog.serviceNodes(of("web")), { index: 3, shown: 3, value: [] });
    assert.equal(bench.store.catalog.nodeServices(A).value?.node.node, "new");
  });

  for (const { say, health, id, refused } of [
    { say: "a living node's name", health: "passing", id: A, refused: true },
    { say: "a dead node's name", health: "critical", id: A, refused: false },
    { say: "the name of a node without serfHealth", health: undefined, id: A, refused: false },
    { say: "the name of a living node that has no id", health: "passing", id: "", refused: false },
  ]) {
    it(`${refused ? "refuses" : "gives"} ${say} to another id`, () => {
      const bench = new Bench();
      bench.node("n1", { id });
      if (health !== undefined) bench.check("serfHealth", { status: health });
      const before = bench.store.stateHash();
      const outcome = bench.run("catalog.register", { node: node("N1", { id: B }), skipNodeUpdate: false, service: undefined, checks: [] });
      if (!refused) done(outcome);
      else {
        const message = `failed inserting node: Error while renaming Node ID: "${B}": Node name N1 is reserved by node ${A} with name n1 (10.0.0.1)`;
        assert.deepEqual(outcome, { kind: "refused", message });
        assert.equal(bench.store.stateHash(), before);
      }
    });
  }

  for (const { say, registration, message } of [
    {
      say: "a service without id",
      registration: { service: service("") },
      message: "failed inserting service: failed inserting service: object missing primary index",
    },
    {
      say: "a check of an unknown service",
      registration: { checks: [check("c", { serviceId: "no" })] },
      message: 'failed inserting check: Missing service registration on node "n1"',
    },
    {
      say: "a check without id",
      registration: { checks: [check("")] },
      message: 'failed inserting check: failed inserting check: object missing primary index on node "n1"',
    },
    { say: "a check of another node", registration: { checks: [check("c", { node: "n2" })] }, message: 'check node "n2" does not match node "n1"' },
  ]) {
    it(`refuses ${say}, in Consul's words, and undoes the rest`, () => {
      const bench = new Bench();
      const before = bench.store.stateHash();
      const given = { node: node("n1"), skipNodeUpdate: false, service: service("web"), checks: [], ...registration };
      assert.deepEqual(bench.run("catalog.register", given), { kind: "refused", message });
      assert.equal(bench.store.stateHash(), before);
    });
  }

  it("gives a check the name and tags that its service has then; they do not follow the service", () => {
    const bench = new Bench();
    bench.node();
    bench.service("s", { service: "db", tags: ["x"] });
    bench.check("c", { serviceId: "s", status: "" });
    bench.service("s", { service: "db", tags: ["y"] });
    const [made] = bench.store.health.checks("DB", {}).value;
    assert.deepEqual([made?.serviceName, made?.serviceTags, made?.status], ["db", ["x"], "critical"]);
  });
});

describe("indexes of services (Consul 1.8.7, asked)", () => {
  function three(): Bench {
    const bench = new Bench();
    for (const name of ["n1", "n2", "n3"]) bench.node(name); // 1 to 3
    bench.service("w1", { service: "web" }); // 4
    bench.service("w1", { service: "web", node: "n2" }); // 5
    bench.service("d1", { service: "db", node: "n3" }); // 6
    return bench;
  }
  const index = (bench: Bench, name: string): number => {
    const [asked, checked] = [bench.store.catalog.serviceNodes(of(name)), bench.store.health.serviceNodes(of(name)).index];
    assert.equal(asked.shown, checked);
    return checked;
  };

  it("is the service's own while it has instances, and the catalog's before anything ever vanished", () => {
    const bench = three();
    bench.node("n4");
    assert.deepEqual([index(bench, "web"), index(bench, "db"), index(bench, "none")], [5, 6, 7]);
  });

  it("moves with one instance gone; when the last goes it is the last extinction's, and keeps growing with others'", () => {
    const bench = three();
    const gone = (nodeName: string, serviceId: string) => done(bench.run("catalog.deregister", { node: nodeName, serviceId, checkId: "" }));
    gone("n1", "w1"); // 7
    assert.deepEqual([index(bench, "web"), index(bench, "db")], [7, 6]);
    gone("n2", "w1"); // 8
    assert.deepEqual([index(bench, "web"), index(bench, "db"), index(bench, "none")], [8, 6, 8]);
    gone("n3", "d1"); // 9
    assert.deepEqual([index(bench, "web"), index(bench, "db")], [9, 9]);
    bench.service("w1", { service: "web" }); // 10
    assert.deepEqual([index(bench, "web"), index(bench, "none")], [10, 9]);
  });

  it("moves for all services of a node with a check of the node, and for one with its own check", () => {
    const bench = three();
    bench.service("x", { node: "n2" }); // 7
    bench.check("node-check", { node: "n2" }); // 8
    assert.deepEqual([index(bench, "web"), index(bench, "x"), index(bench, "db")], [8, 8, 6]);
    bench.check("own", { node: "n2", serviceId: "x" }); // 9
    assert.deepEqual([index(bench, "web"), index(bench, "x")], [8, 9]);
    assert.equal(bench.store.catalog.services({}).index, 7);
    assert.equal(bench.store.health.state("any", {}).index, 9);
    done(bench.run("catalog.deregister", { node: "n2", serviceId: "", checkId: "node-check" })); // 10
    assert.deepEqual([index(bench, "web"), index(bench, "x")], [10, 10]);
  });

  it("moves for the old name when an instance takes another (1.8.7 forgets that)", () => {
    const bench = three();
    bench.service("w1", { service: "web2" }); // 7
    assert.deepEqual([index(bench, "web"), index(bench, "web2")], [7, 7]);
    bench.service("w1", { service: "web3", node: "n2" }); // 8
    assert.deepEqual([index(bench, "web"), bench.store.catalog.serviceNodes(of("web")).value], [8, []]);
  });

  it("is 1 for a node that is not there, and shown as the catalog's for one that is", () => {
    const bench = three();
    assert.deepEqual(bench.store.catalog.nodeServices("no"), { index: 1, value: undefined });
    assert.equal(bench.store.catalog.nodeServices("n1").shown, 6);
  });

  it("is compared as a node's own, so that other nodes wake nobody", () => {
    const bench = three();
    const { catalog, health, dump } = bench.store;
    const own = () => [catalog.nodeServices("n1").index, health.node("n1").index, dump.node("n1").index];
    const before = own();
    bench.node("n2", { address: "9.9.9.9" });
    bench.service("other", { node: "n2" });
    bench.check("other", { node: "n2" });
    assert.deepEqual(own(), before);
    bench.service("w9");
    bench.check("c9");
    assert.deepEqual(own(), [bench.index - 1, bench.index, bench.index]);
  });

  it("never falls for a node that goes and comes again", () => {
    const bench = three();
    bench.check("c");
    const seen = bench.store.health.node("n1").index;
    done(bench.run("catalog.deregister", { node: "n1", serviceId: "", checkId: "" }));
    const gone = bench.store.health.node("n1").index;
    bench.node("n1");
    assert.ok(gone > seen && bench.store.health.node("n1").index >= gone);
  });

  it("of checks in a state, or of a service, is not moved by others, though the table's is shown", () => {
    const bench = three();
    bench.check("bad", { status: "critical" });
    const critical = bench.store.health.state("critical", {});
    const ofWeb = bench.store.health.checks("web", {});
    bench.node("n9");
    bench.check("good", { node: "n9", status: "warning" });
    assert.deepEqual([bench.store.health.state("critical", {}).index, bench.store.health.state("critical", {}).shown], [critical.index, bench.index]);
    assert.deepEqual([bench.store.health.checks("web", {}).index, bench.store.health.checks("web", {}).shown], [ofWeb.index, bench.index]);
    bench.check("bad", { status: "passing" });
    assert.equal(bench.store.health.state("critical", {}).index, bench.index);
  });
});

describe("lookups", () => {
  it("finds services by name and tags in any case, by node meta, in order of node and id", () => {
    const bench = new Bench();
    bench.node("b", { meta: { rack: "1" } });
    bench.node("A");
    bench.service("2", { node: "b", service: "Web", tags: ["X", "y"] });
    bench.service("1", { node: "b", service: "web", tags: ["x"] });
    bench.service("9", { node: "A", service: "web" });
    const ids = (query: Partial<ReturnType<typeof of>> & { tags?: string[]; nodeMeta?: Record<string, string> }) =>
      bench.store.catalog.serviceNodes({ ...of("WEB"), ...query }).value.map(({ service: { id } }) => id);
    assert.deepEqual(ids({}), ["9", "1", "2"]);
    assert.deepEqual(ids({ tags: ["x"] as never[] }), ["1", "2"]);
    assert.deepEqual(ids({ tags: ["X", "Y"] as never[] }), ["2"]);
    assert.deepEqual(ids({ nodeMeta: { rack: "1" } }), ["1", "2"]);
    assert.deepEqual(bench.store.catalog.services({ rack: "1" }).value, { web: ["x"], Web: ["X", "y"] });
    assert.deepEqual(
      bench.store.catalog.nodes({ rack: "1" }).value.map(({ node: name }) => name),
      ["b"],
    );
  });

  it("finds what speaks Connect for a service: native instances and proxies", () => {
    const bench = new Bench();
    bench.node();
    bench.service("db");
    bench.service("db-proxy", { kind: "connect-proxy", proxy: { DestinationServiceName: "db" } });
    bench.service("native", { connect: { Native: true } });
    const found = (name: string) => bench.store.catalog.serviceNodes(of(name, true)).value.map(({ service: { id } }) => id);
    assert.deepEqual([found("db"), found("native"), found("db-proxy")], [["db-proxy"], ["native"], []]);
    assert.equal(bench.store.catalog.serviceNodes(of("db", true)).index, 2);
    assert.equal(bench.store.health.serviceNodes(of("db", true)).index, 3);
    assert.equal(
      bench.wakes(
        (watch) => bench.store.catalog.serviceNodes(of("db", true), watch),
        () => done(bench.run("catalog.deregister", { node: "n1", serviceId: "db-proxy", checkId: "" })),
      ),
      true,
    );
    assert.deepEqual(found("db"), []);
  });

  it("gives an instance the checks of its own and of its node", () => {
    const bench = new Bench();
    bench.node();
    bench.service("web");
    bench.service("db");
    bench.check("node-check");
    bench.check("web-check", { serviceId: "web" });
    bench.check("db-check", { serviceId: "db" });
    const [found] = bench.store.health.serviceNodes(of("web")).value;
    assert.deepEqual(
      found?.checks.map(({ checkId }) => checkId),
      ["node-check", "web-check"],
    );
  });

  it("keeps coordinates of nodes that are there, and drops them with the node", () => {
    const bench = new Bench();
    bench.node();
    const coord = { vec: [1, 2], error: 1, adjustment: 0, height: 0.1 };
    done(
      bench.run("coordinates.update", {
        updates: [
          { node: "n1", segment: "", coord },
          { node: "no", segment: "", coord },
        ],
      }),
    );
    assert.deepEqual(bench.store.coordinates.list(), { index: 2, value: [{ node: "n1", segment: "", coord }] });
    done(bench.run("catalog.deregister", { node: "N1", serviceId: "", checkId: "" }));
    assert.deepEqual(bench.store.coordinates.node("n1"), { index: 3, value: [] });
  });
});
