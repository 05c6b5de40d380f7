import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Scope } from "../../src/base/scope.ts";
import { type Connection, type Network, realPlatform } from "../../src/platform/index.ts";
import { TELEMETRY_SAMPLES_MAX } from "../../src/platform/limits.ts";
import { MetricFilter } from "../../src/platform/metric-filter.ts";
import { RealMetrics } from "../../src/platform/metrics.ts";
import { Sending, type TelemetryTargets } from "../../src/platform/telemetry/sending.ts";
import { datagramsOf } from "../../src/platform/telemetry/statsd.ts";
import { HandClock } from "../support/hand-clock.ts";
import { until } from "../support/until.ts";

const NONE: TelemetryTargets = { statsdAddress: "", dogstatsdAddress: "", dogstatsdTags: [], statsiteAddress: "" };

/** Metrics that are sent on real sockets, ten times a second of the hand clock. */
function sending(scope: Scope, targets: Partial<TelemetryTargets>, network?: Network): { readonly metrics: RealMetrics; readonly turn: () => void } {
  const clock = new HandClock();
  const platform = realPlatform(scope, { log: { level: "error", write: () => undefined } });
  const metrics = new RealMetrics({ clock, prefix: "consul", hostName: "vm" });
  const style = { prefix: "consul", hostName: "vm" };
  const logger = platform.log.logger;
  metrics.tell(scope.use(new Sending({ targets: { ...NONE, ...targets }, style, network: network ?? platform.network, clock, logger, metrics })));
  let now = 0;
  return {
    metrics,
    turn: () => {
      now += 100;
      clock.turn(now);
    },
  };
}

/** Hears datagrams on a port of its own. */
async function listener(scope: Scope): Promise<{ readonly address: string; readonly heard: string[] }> {
  const { network } = realPlatform(scope, { log: { level: "error", write: () => undefined } });
  const heard: string[] = [];
  const socket = await network.bindDatagrams("127.0.0.1:0", { onMessage: (bytes) => heard.push(bytes.toString()), onSendFailed: () => undefined });
  scope.use(socket);
  return { address: socket.address, heard };
}

describe("metrics for StatsD", () => {
  it("are summed up, gauges with the host's name, samples one by one, many in a datagram", async () => {
    await using scope = new Scope();
    const { address, heard } = await listener(scope);
    const { metrics, turn } = sending(scope, { statsdAddress: address });
    metrics.counter("rpc.request", "h").add(2);
    metrics.counter("rpc.request", "h").add(1);
    metrics.counter("fsm.session", "h", { op: "create" }).add(1);
    metrics.gauge("session_ttl.active", "h").set(3);
    metrics.gauge("session_ttl.active", "h").set(4);
    for (const ms of [1.5, 2]) metrics.histogram("raft.commitTime", "h").observe(ms);

    await until("they have come", () => {
      turn();
      return heard.length > 0;
    });

    assert.deepEqual(heard[0]?.split("\n"), [
      "consul.rpc.request:3.000000|c",
      "consul.fsm.session.create:1.000000|c",
      "consul.vm.session_ttl.active:4.000000|g",
      "consul.raft.commitTime:1.500000|ms",
      "consul.raft.commitTime:2.000000|ms",
      "",
    ]);
    const before = heard.length;
    turn();
    metrics.counter("rpc.request", "h").add(1);
    await until("the next one has come", () => {
      turn();
      return heard.length > before;
    });
    assert.equal(heard[before], "consul.rpc.request:1.000000|c\n");
  });

  it("carry tags for DogStatsD, and no host's name", async () => {
    await using scope = new Scope();
    const { address, heard } = await listener(scope);
    const { metrics, turn } = sending(scope, { dogstatsdAddress: address, dogstatsdTags: ["env:test"] });
    metrics.counter("fsm.session", "h", { op: "create" }).add(1);
    metrics.gauge("session_ttl.active", "h").set(3);

    await until("they have come", () => {
      turn();
      return heard.length > 0;
    });

    assert.deepEqual(heard[0]?.split("\n"), ["consul.fsm.session:1|c|#env:test,op:create", "consul.session_ttl.active:3.000000|g|#env:test", ""]);
  });

  it("fill datagrams of 1,400 bytes and never more", () => {
    const lines = Array.from({ length: 100 }, (_, at) => `consul.some.name.number.${at}:1.000000|c`);
    const datagrams = datagramsOf([...lines, "x".repeat(2_000)]);
    assert.ok(datagrams.every(({ length }) => length <= 1_400));
    assert.equal(datagrams.map(String).join(""), `${lines.join("\n")}\n`);
    assert.equal(datagrams.length, Math.ceil(datagrams.reduce((sum, { length }) => sum + length, 0) / 1_400));
  });

  it("are bounded: what finds no room is dropped and counted, and nobody waits", async () => {
    await using scope = new Scope();
    const { address, heard } = await listener(scope);
    const { metrics, turn } = sending(scope, { statsdAddress: address });
    const sample = metrics.histogram("raft.commitTime", "h");
    for (let at = 0; at < TELEMETRY_SAMPLES_MAX + 7; at++) sample.observe(1);

    await until("the drops are told", () => {
      turn();
      return heard.some((text) => text.includes("consul.telemetry.dropped:7.000000|c"));
    });
  });
});

describe("metrics for statsite", () => {
  it("go over a connection, which is made anew when it breaks", async () => {
    await using scope = new Scope();
    const { network } = realPlatform(scope, { log: { level: "error", write: () => undefined } });
    const heard: string[] = [];
    let open: Connection | undefined;
    let connections = 0;
    const server = await network.listen("127.0.0.1:0", (connection) => {
      open = connection;
      connections++;
      return { onData: (bytes) => heard.push(bytes.toString()), onClose: () => undefined };
    });
    scope.use(server);
    const { metrics, turn } = sending(scope, { statsiteAddress: server.address });
    metrics.counter("rpc.request", "h").add(1);
    const come = (text: string): Promise<unknown> =>
      until(`${text} has come`, () => {
        turn();
        return heard.join("").includes(text);
      });
    await come("consul.rpc.request:1.000000|c\n");

    open?.destroy();
    await until("it is connected again", () => {
      turn();
      return connections > 1;
    });
    metrics.counter("rpc.request", "h").add(5);

    await come("consul.rpc.request:5.000000|c\n");
  });
});

describe("a filter of metrics", () => {
  const cases: readonly (readonly [passByDefault: boolean, rules: readonly string[], name: string, passes: boolean])[] = [
    [true, [], "consul.raft.apply", true],
    [false, [], "consul.raft.apply", false],
    [true, ["-consul.raft"], "consul.raft.apply", false],
    [true, ["-consul.raft", "+consul.raft.apply"], "consul.raft.apply", true],
    [false, ["+consul.raft", "-consul.raft.apply"], "consul.raft.commitTime", true],
    [false, ["+consul.raft", "-consul.raft.apply"], "consul.raft.apply", false],
    [true, ["+consul.raft", "-consul.raft"], "consul.raft.apply", false],
    [true, ["consul.raft", "", "-"], "consul.raft.apply", true],
  ];
  for (const [passByDefault, rules, name, passes] of cases)
    it(`${passes ? "passes" : "stops"} ${name} by ${JSON.stringify(rules)}, ${passByDefault ? "else passing" : "else stopping"}`, () =>
      assert.equal(new MetricFilter({ passByDefault, rules }).passes([name]), passes));

  it("takes series out of both outputs and brings them back", async () => {
    const metrics = new RealMetrics({ clock: new HandClock(), prefix: "consul", hostName: "vm" });
    metrics.counter("raft.apply", "h").add(1);
    metrics.gauge("raft.last_index", "h").set(7);
    const shown = async (): Promise<readonly unknown[]> => {
      const { Counters, Gauges } = metrics.report();
      const { text } = await metrics.prometheus();
      return [...Counters.map(({ Name }) => Name), ...Gauges.map(({ Name }) => Name), /consul_raft_apply/.test(text), /consul_raft_last_index/.test(text)];
    };

    metrics.filter(new MetricFilter({ passByDefault: true, rules: ["-consul.raft.apply", "-consul.vm.raft"] }));
    metrics.counter("raft.apply", "h").add(1);
    metrics.counter("raft.barrier", "h");
    assert.deepEqual(await shown(), ["consul.raft.barrier", false, false]);
    metrics.filter(new MetricFilter({ passByDefault: false, rules: ["+consul.raft.a"] }));
    assert.deepEqual(await shown(), ["consul.raft.apply", true, false]);
  });
});
