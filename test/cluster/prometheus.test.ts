import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { freeLoopback } from "../support/addresses.ts";
import { Api } from "../support/api.ts";
import { QUICK_GOSSIP } from "../support/catalog.ts";
import { Cluster } from "../support/cluster.ts";
import { cannotRun } from "../support/missing.ts";
import { RunningProgram, removeFolder, scratchFolder } from "../support/processes.ts";
import { PROGRAM, peer } from "../support/programs.ts";
import { ServerProcess } from "../support/server-process.ts";
import { until } from "../support/until.ts";

const PROMETHEUS = "usr/bin/prometheus";
const SETTINGS = { ...QUICK_GOSSIP, performance: { raft_multiplier: 1, leave_drain_time: "100ms" } };
/** Prometheus hands on what it discovered every five seconds, and takes it in as often again. */
const PATIENCE_MS = 90_000;

type Labels = Readonly<Record<string, string>>;

interface Target {
  readonly discoveredLabels: Labels;
  readonly scrapePool: string;
  readonly health: string;
  readonly lastError: string;
}

/** What one service of a target looks like, in a line. */
function described({ discoveredLabels: labels }: Target): string {
  const { __meta_consul_node: node, __meta_consul_tags: tags, __meta_consul_health: health } = labels;
  return `${labels["__meta_consul_service_id"]}@${node} ${tags} ${health}`;
}

/** Its configuration: everything, one service with one tag, and the agent's own figures. */
function configuration(agent: string): string {
  const discovery = { server: `${agent}:8500`, refresh_interval: "1s" };
  const keepNone = { relabel_configs: [{ action: "replace", target_label: "__scrape_interval__", replacement: "1h" }] };
  return JSON.stringify({
    global: { scrape_interval: "1s" },
    scrape_configs: [
      { job_name: "everything", consul_sd_configs: [discovery], ...keepNone },
      {
        job_name: "chosen",
        consul_sd_configs: [{ ...discovery, services: ["steady"], tags: ["blue", "eu"], node_meta: { rack: "r7" }, allow_stale: false }],
        ...keepNone,
      },
      {
        job_name: "figures",
        metrics_path: "/v1/agent/metrics",
        params: { format: ["prometheus"] },
        static_configs: [{ targets: [`${agent}:8500`] }],
      },
    ],
  });
}

/** A server, two agents that are none, and the real Prometheus that asks the first of these. */
class Scene implements AsyncDisposable {
  readonly agent: ServerProcess;
  readonly doomed: ServerProcess;
  readonly #folder = scratchFolder("prometheus");
  readonly #cluster: Cluster;
  readonly #api: Api;
  #prometheus: RunningProgram | undefined;

  private constructor(cluster: Cluster, loopback: string) {
    this.#cluster = cluster;
    const client = (name: string, at: number): ServerProcess =>
      new ServerProcess({
        program: PROGRAM,
        name,
        address: `${loopback}.${at}`,
        folder: join(this.#folder, name),
        config: { ...SETTINGS, server: false, node_meta: { rack: `r${at}` } },
        flags: [`-retry-join=${cluster.servers[0]?.address}`, "-retry-interval=1s"],
      });
    this.agent = client("living", 7);
    this.doomed = client("doomed", 8);
    this.#api = new Api(`${loopback}.9`, 9090);
  }

  static async open(): Promise<Scene> {
    const scene = new Scene(await Cluster.form({ servers: 1, config: SETTINGS }), await freeLoopback());
    scene.agent.start();
    scene.doomed.start();
    await Promise.all([scene.agent.answers(), scene.doomed.answers()]);
    return scene;
  }

  startPrometheus(): void {
    const config = join(this.#folder, "prometheus.json");
    writeFileSync(config, configuration(this.agent.address));
    const listen = `${this.agent.address.replace(/\d+$/, "9")}:9090`;
    this.#prometheus = new RunningProgram({
      command: peer(PROMETHEUS) ?? PROMETHEUS,
      args: [`--config.file=${config}`, `--web.listen-address=${listen}`, `--storage.tsdb.path=${join(this.#folder, "tsdb")}`],
      logFile: join(this.#folder, "prometheus.log"),
    });
  }

  async targets(job: string): Promise<readonly Target[]> {
    const { data } = (await this.#api.json("GET", "/api/v1/targets?state=active")) as { readonly data: { readonly activeTargets: readonly Target[] } };
    return data.activeTargets.filter(({ scrapePool }) => scrapePool === job);
  }

  /** Waits until a job's targets are exactly these. */
  async see(job: string, expected: readonly string[]): Promise<void> {
    let seen: readonly string[] = [];
    await until(
      `the targets of "${job}"`,
      async () => {
        seen = (await this.targets(job)).map(described).sort();
        return assert.deepEqual(seen, [...expected].sort()) === undefined;
      },
      PATIENCE_MS,
    );
  }

  /** The value of an expression in its query language. */
  async value(expression: string): Promise<number> {
    const answer = (await this.#api.json("GET", `/api/v1/query?query=${encodeURIComponent(expression)}`)) as {
      readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
    };
    return Number(answer.data.result[0]?.value[1]);
  }

  log(): string {
    return this.#prometheus?.log() ?? "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#prometheus?.kill(), this.agent.kill(), this.doomed.kill()]);
    this.#api.close();
    await this.#cluster[Symbol.asyncDispose]();
    removeFolder(this.#folder);
  }
}

async function register(agent: ServerProcess, service: object): Promise<void> {
  const { status, body } = await agent.api.ask("PUT", "/v1/agent/service/register", { body: JSON.stringify(service) });
  assert.equal(status, 200, body.toString());
}

async function put(agent: ServerProcess, path: string): Promise<void> {
  assert.equal((await agent.api.ask("PUT", path)).status, 200, path);
}

const CONSUL = "consul@s1 ,, passing";

describe("the real Prometheus with consul_sd_configs", { timeout: 400_000 }, () => {
  it("finds services with tags, meta and health, follows every change, and reads the agent's own figures", async (t: TestContext) => {
    if (peer(PROMETHEUS) === undefined) {
      cannotRun(t, "prometheus 2.24.1, the last that Debian built with Consul discovery, to discover services by this agent and read its figures");
      return;
    }
    await using scene = await Scene.open();
    const { agent, doomed } = scene;
    const steady = { Name: "steady", Port: 80, Address: "10.9.8.7", Meta: { "a-b": "c" }, TaggedAddresses: { wan: { Address: "1.2.3.4", Port: 81 } } };
    await register(agent, { ...steady, Tags: ["blue", "eu"] });
    await register(agent, { Name: "sick", Port: 1, Check: { TTL: "10m", Status: "critical" } });
    await register(agent, { Name: "leaving", Port: 2 });
    await register(doomed, { Name: "orphan", Port: 3, Check: { TTL: "10m", Status: "passing" } });
    await until("the agent has met its server", async () => {
      const { status, body } = await agent.api.ask("GET", "/v1/catalog/service/orphan");
      return status === 200 && body.toString().trim() !== "[]";
    });
    scene.startPrometheus();

    await scene.see("everything", [
      "steady@living ,blue,eu, passing",
      "sick@living ,, critical",
      "leaving@living ,, passing",
      "orphan@doomed ,, passing",
      CONSUL,
    ]);
    await scene.see("chosen", ["steady@living ,blue,eu, passing"]);
    const {
      __meta_consul_service_metadata_a_b: meta,
      __meta_consul_metadata_rack: rack,
      ...labels
    } = (await scene.targets("chosen"))[0]?.discoveredLabels ?? {};
    assert.deepEqual([meta, rack], ["c", "r7"]);
    assert.equal(labels["__address__"], "10.9.8.7:80");
    assert.equal(labels["__meta_consul_address"], agent.address);
    assert.equal(labels["__meta_consul_dc"], "dc1");
    assert.equal(labels["__meta_consul_tagged_address_lan"], agent.address);

    await doomed.kill();
    await register(agent, { ...steady, Tags: ["blue", "us"] });
    await register(agent, { Name: "fresh", Port: 4, Tags: ["new"] });
    await put(agent, "/v1/agent/check/pass/service:sick");
    await put(agent, "/v1/agent/service/deregister/leaving");

    await scene.see("everything", [
      "steady@living ,blue,us, passing",
      "sick@living ,, passing",
      "fresh@living ,new, passing",
      "orphan@doomed ,, critical",
      CONSUL,
    ]);
    await scene.see("chosen", []);

    const [figures] = await until("its figures are read", async () => {
      const found = await scene.targets("figures");
      return found[0]?.health === "up" ? found : undefined;
    });
    assert.equal(figures?.lastError, "");
    await until("figures of the agent are in its store", async () => (await scene.value('count({job="figures"})')) > 20);
    assert.doesNotMatch(scene.log(), /level=(error|warn).*(consul|figures|parse)/i);
  });
});
