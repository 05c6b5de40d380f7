import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Scope } from "../../src/base/scope.ts";
import { type Clock, type MonotonicMs, realPlatform, type UnixMs } from "../../src/platform/index.ts";
import { RealMetrics } from "../../src/platform/metrics.ts";

const START = Date.UTC(2026, 10, 20, 10, 48, 33);

describe("metrics", () => {
  it("have every declared series in both outputs from the start, and nothing that is not a number", async () => {
    const { metrics } = at(START);
    metrics.counter("raft.apply", "Entries applied");
    metrics.gauge("session_ttl.active", "Sessions with a time to live");
    metrics.histogram("raft.commitTime", "Time to commit");

    const report = metrics.report();
    assert.equal(report.Timestamp, "2026-11-20 10:48:30 +0000 UTC");
    assert.deepEqual(report.Gauges, [{ Name: "consul.vm.session_ttl.active", Value: 0, Labels: {} }]);
    const zeros = { Count: 0, Rate: 0, Sum: 0, Min: 0, Max: 0, Mean: 0, Stddev: 0, Labels: {} };
    assert.deepEqual(report.Counters, [{ Name: "consul.raft.apply", ...zeros }]);
    assert.deepEqual(report.Samples, [{ Name: "consul.raft.commitTime", ...zeros }]);
    assert.deepEqual(report.Points, []);
    const { text, contentType } = await metrics.prometheus();
    assert.match(contentType, /^text\/plain; version=0\.0\.4/);
    for (const line of ["consul_raft_apply 0", "consul_session_ttl_active 0", 'consul_raft_commitTime{quantile="0.99"} 0', "consul_raft_commitTime_count 0"]) {
      assert.ok(text.includes(`\n${line}\n`), line);
    }
    assert.doesNotMatch(text, /NaN/);
  });

  it("show the last whole ten seconds, as Consul's agent does", () => {
    const { metrics, clock } = at(START);
    const commits = metrics.histogram("raft.commitTime", "Time to commit");
    const applied = metrics.counter("raft.apply", "Entries applied");
    for (const ms of [1, 2, 6]) commits.observe(ms);
    applied.add(5);
    clock.set(START + 10_000);
    metrics.turnOver();
    applied.add(100); // belongs to the interval that is not over yet

    const { Samples, Counters, Timestamp } = metrics.report();

    assert.equal(Timestamp, "2026-11-20 10:48:30 +0000 UTC");
    assert.deepEqual(Samples, [{ Name: "consul.raft.commitTime", Count: 3, Rate: 0.9, Sum: 9, Min: 1, Max: 6, Mean: 3, Stddev: Math.sqrt(7), Labels: {} }]);
    assert.deepEqual([Counters[0]?.Count, Counters[0]?.Sum], [1, 5]);
  });

  it("tell series of one name apart by labels, and give a series declared twice as one", async () => {
    const { metrics } = at(START);
    metrics.counter("fsm.ca", "Changes", { op: "a" }).add(1);
    metrics.counter("fsm.ca", "Changes", { op: "b" }).add(2);
    metrics.counter("fsm.ca", "Changes", { op: "a" }).add(3);
    assert.deepEqual(
      metrics.report().Counters.map(({ Labels, Sum }) => [Labels, Sum]),
      [
        [{ op: "a" }, 4],
        [{ op: "b" }, 2],
      ],
    );
    assert.match((await metrics.prometheus()).text, /consul_fsm_ca\{op="a"\} 4\nconsul_fsm_ca\{op="b"\} 2/);
  });

  it("take the quantiles of the last minute", async () => {
    const { metrics, clock } = at(START);
    const series = metrics.histogram("x", "X");
    for (let value = 1; value <= 100; value++) series.observe(value);
    assert.match((await metrics.prometheus()).text, /quantile="0.5"\} 51\n.*quantile="0.9"\} 91\n.*quantile="0.99"\} 100\n/);
    clock.set(START + 70_000);
    assert.match((await metrics.prometheus()).text, /quantile="0.5"\} 0\n.*\n.*\nconsul_x_sum 5050\nconsul_x_count 100\n/);
  });

  it("refuse to let what is not a number through", () => {
    const { metrics } = at(START);
    const gauge = metrics.gauge("g", "G");
    gauge.set(Number.NaN);
    metrics.histogram("h", "H").observe(Number.NaN);
    assert.equal(metrics.report().Gauges[0]?.Value, 0);
    assert.equal(metrics.report().Samples[0]?.Count, 0);
    assert.throws(() => metrics.counter("c", "C").add(-1), /a counter only grows/);
  });

  it("know the process itself", async () => {
    await using scope = new Scope();
    const { metricsView } = realPlatform(scope, { log: { level: "error", write: () => {} } });
    const gauges = new Map(metricsView.report().Gauges.map(({ Name, Value }) => [Name, Value]));
    for (const name of ["consul.runtime.alloc_bytes", "consul.runtime.sys_bytes", "consul.process.cpu_seconds", "consul.process.start_time_seconds"]) {
      assert.ok((gauges.get(name) ?? 0) > 0, name);
    }
    assert.doesNotMatch((await metricsView.prometheus()).text, /NaN/);
  });
});

function at(start: number): { readonly metrics: RealMetrics; readonly clock: Clock & { set(ms: number): void } } {
  let now = start;
  const clock = {
    now: () => now as MonotonicMs,
    wall: () => now as UnixMs,
    after: () => ({ [Symbol.dispose]: () => {} }),
    soon: () => {},
    set: (ms: number) => {
      now = ms;
    },
  };
  return { metrics: new RealMetrics({ clock, prefix: "consul", hostName: "vm" }), clock };
}
