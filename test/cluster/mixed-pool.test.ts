import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { promisify } from "node:util";
import { SERF, SerfAgent } from "../gossip/support/serf-agent.ts";
import { health, holdKey, isHeld, statuses } from "../support/catalog.ts";
import { Cluster } from "../support/cluster.ts";
import { untilCounted } from "../support/metrics.ts";
import { cannotRun, ranOtherwise } from "../support/missing.ts";
import { missingForNetworks, Network } from "../support/network.ts";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import { PROGRAM, peer } from "../support/programs.ts";
import { ServerProcess } from "../support/server-process.ts";
import { until } from "../support/until.ts";

const CONSUL = peer("usr/bin/consul");
const missing = missingForNetworks() ?? (CONSUL === undefined ? "the real Consul 1.8.7" : SERF === undefined ? "the real serf agent" : undefined);
const run = promisify(execFile);

const KEY = Buffer.alloc(32, 7).toString("base64");
/** Quicker than a LAN's, so that a death is seen in three seconds or so; both kinds of agents take it. */
const SETTINGS = {
  encrypt: KEY,
  gossip_lan: { probe_interval: "500ms", probe_timeout: "250ms", suspicion_mult: 3, gossip_interval: "100ms" },
  performance: { raft_multiplier: 1, leave_drain_time: "100ms" },
};
const NAMES = ["s1", "s2", "s3", "k1", "c1", "c2", "f1"] as const;
type Name = (typeof NAMES)[number];
const STATUS = ["none", "alive", "leaving", "left", "failed"] as const;
/** News that was missed comes with an exchange of lists: after half a minute, or two of them. */
const PATIENCE_MS = 100_000;

/**
 * One sealed LAN pool of hosts of their own: servers of ours s1 to s3, a client of ours k1, clients of the real Consul c1 and c2, and the real serf agent f1
 * with the tags of a client. Whatever happens to one of them is looked at from all others.
 */
class MixedPool implements AsyncDisposable {
  readonly network = new Network(NAMES.length);
  readonly folder = scratchFolder("mixed");
  #cluster: Cluster | undefined;
  readonly #clients = new Map<Name, ServerProcess>();
  #serf: SerfAgent | undefined;

  async start(): Promise<void> {
    this.#cluster = await Cluster.form({ servers: 3, places: this.network.hosts.slice(0, 3), folder: this.folder, config: SETTINGS });
    for (const name of ["k1", "c1", "c2"] as const) this.#clients.set(name, this.#client(name));
    for (const client of this.#clients.values()) client.start([`-retry-join=${this.agent("s1").address}`]);
    const { address: host, namespace } = this.#host("f1");
    const config = join(this.folder, "f1.json");
    const tags = { role: "node", dc: "dc1", segment: "", id: randomUUID(), vsn: "2", vsn_min: "2", vsn_max: "3", build: "1.8.7:" };
    writeFileSync(config, JSON.stringify({ tags, encrypt_key: KEY, reconnect_interval: "2s" }));
    const args = [`-config-file=${config}`, `-snapshot=${join(this.folder, "f1.snapshot")}`, `-retry-join=${this.agent("s2").address}:8301`];
    this.#serf = await SerfAgent.start({ name: "f1", host, namespace, folder: this.folder, args });
  }

  get serf(): SerfAgent {
    assert(this.#serf !== undefined);
    return this.#serf;
  }

  /** A server or client of either kind. */
  agent(name: Name): ServerProcess {
    const found = this.#clients.get(name) ?? this.#cluster?.servers.find((server) => server.name === name);
    assert(found !== undefined, name);
    return found;
  }

  async follower(): Promise<Name> {
    const name = (await this.#cluster?.followers())?.[0]?.name;
    return NAMES.find((one) => one === name) ?? assert.fail("there is a follower");
  }

  /** The status of everybody, by name, in the eyes of one. */
  async eyesOf(name: Name): Promise<ReadonlyMap<string, string>> {
    if (name === "f1") return this.serf.statuses();
    return new Map([...(await statuses(this.agent(name)))].map(([member, number]) => [member, STATUS[number] ?? ""]));
  }

  /** Waits until each of `by` (everybody else when not given) sees each of `whom` so. */
  async see(whom: readonly Name[], status: (typeof STATUS)[number], by: readonly Name[] = NAMES.filter((name) => !whom.includes(name))): Promise<void> {
    await Promise.all(
      by.map((eye) =>
        until(
          `${eye} sees ${whom.join(", ")} ${status}`,
          async () => {
            const seen = await this.eyesOf(eye);
            const wrong = whom.filter((name) => seen.get(name) !== status);
            if (wrong.length > 0) throw new Error(wrong.map((name) => `${name} is ${seen.get(name)}`).join(", "));
            return true;
          },
          PATIENCE_MS,
          100,
        ),
      ),
    );
  }

  /** Waits until the catalog has exactly these nodes in each state of `serfHealth`. */
  async catalog(wanted: { readonly passing: readonly Name[]; readonly critical?: readonly Name[] }): Promise<void> {
    await until(
      `the catalog has ${JSON.stringify(wanted)}`,
      async () => {
        const now = await health(this.agent("s1"));
        const having = (status: string): string =>
          [...now]
            .flatMap(([name, has]) => (has === status ? [name] : []))
            .sort()
            .join();
        if (having("passing") === wanted.passing.toSorted().join() && having("critical") === (wanted.critical ?? []).toSorted().join()) return true;
        throw new Error(JSON.stringify([...now]));
      },
      PATIENCE_MS,
      100,
    );
  }

  /** Waits until a client of the real Consul has so many servers to ask. */
  async knowsServers(name: Name, count: number): Promise<void> {
    await until(`${name} knows ${count} servers`, async () => {
      const self = (await this.agent(name).api.json("GET", "/v1/agent/self")) as { readonly Stats: { readonly consul: { readonly known_servers: string } } };
      return self.Stats.consul.known_servers === String(count);
    });
  }

  /** One command of the agent's own program, against it. */
  async command(name: Name, ...args: readonly string[]): Promise<string> {
    const [command = "", ...rest] = args;
    const program = name.startsWith("c") ? (CONSUL ?? "") : PROGRAM;
    return (await run(program, [command, `-http-addr=http://${this.agent(name).address}:8500`, ...rest])).stdout;
  }

  /** Nobody of the first hears anybody of the rest, nor the other way round. */
  cutOff(names: readonly Name[]): void {
    for (const one of names) for (const other of NAMES) if (!names.includes(other)) this.network.cut(NAMES.indexOf(one), NAMES.indexOf(other));
  }

  #client(name: Name): ServerProcess {
    const config = { ...SETTINGS, server: false, log_level: "debug" };
    return new ServerProcess({ program: name.startsWith("c") ? (CONSUL ?? "") : PROGRAM, name, folder: join(this.folder, name), config, ...this.#host(name) });
  }

  #host(name: Name): { readonly address: string; readonly namespace: string } {
    return this.network.hosts[NAMES.indexOf(name)] ?? assert.fail(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients.values()) if (client.running) client.thaw();
    await Promise.all([this.#serf?.kill(), ...[...this.#clients.values()].map((client) => client.kill())]);
    await this.#cluster?.[Symbol.asyncDispose]();
    this.network[Symbol.dispose]();
    removeFolder(this.folder);
  }
}

describe("a pool of Kvorum's agents, real Consul agents and a real serf agent, each on a host of its own", { timeout: 400_000 }, () => {
  let pool: MixedPool;

  before(async () => {
    if (missing !== undefined) return;
    pool = new MixedPool();
    await pool.start();
  });
  after(() => pool?.[Symbol.asyncDispose]());

  const story = (name: string, tell: (t: TestContext) => Promise<void>): void =>
    void it(name, async (t) => {
      if (missing !== undefined) return cannotRun(t, `${missing} (mixed pools in networks of their own)`);
      try {
        await tell(t);
      } finally {
        pool.network.heal();
      }
    });

  story("comes together: all are alive to all, each as what its tags say, under one key", async () => {
    await pool.see(NAMES, "alive", NAMES);
    await pool.catalog({ passing: NAMES });
    for (const name of ["k1", "c1"] as const) {
      const table = await pool.command(name, "members");
      assert.match(table, /^s1 +198\S+ +alive +server +1\.8\.7 +2 +dc1 +<all>/m, name);
      for (const client of ["k1", "c2", "f1"]) assert.match(table, new RegExp(`^${client} +198\\S+ +alive +client +1\\.8\\.7 +2 +dc1 +<default>`, "m"), name);
    }
    await pool.knowsServers("c1", 3);
    await until("all answer with the same key", async () => /\[7\/7\]/.test(await pool.serf.command("keys", "-list")));
  });

  story("sees agents that were killed fail, and come back by what they wrote down, whoever made them", async () => {
    const gone = ["k1", "c1"] as const;
    await holdKey(pool.agent("k1"), "held/k1");
    await Promise.all(gone.map((name) => pool.agent(name).kill()));
    await pool.see(gone, "failed");
    await pool.catalog({ passing: NAMES.filter((name) => !gone.some((one) => one === name)), critical: gone });
    await until("its session has ended", async () => !(await isHeld(pool.agent("s1"), "held/k1")));
    for (const name of gone) pool.agent(name).start();
    await pool.see(NAMES, "alive", NAMES);
    await pool.catalog({ passing: NAMES });
  });

  story("sees agents fail that stand still, and refute it the moment they go on, without blaming others for their own pause", async () => {
    const still = ["k1", "c2"] as const;
    const log = (): string => pool.agent("k1").process.log();
    const from = log().length;
    for (const name of still) pool.agent(name).freeze();
    const accused = await until("a server names who accuses whom", async () => {
      const list = (await pool.agent("s1").api.json("GET", "/v1/agent/suspicions")) as readonly { readonly Node: Name; readonly Accusers: readonly string[] }[];
      return list.find(({ Node }) => still.some((name) => name === Node));
    });
    assert.ok(accused.Accusers.length > 0 && accused.Accusers.every((name) => !still.some((one) => one === name)), JSON.stringify(accused));
    await pool.see(still, "failed");
    for (const name of still) pool.agent(name).thaw();
    await pool.see(NAMES, "alive", NAMES);
    await pool.catalog({ passing: NAMES });
    const since = log().slice(from);
    assert.match(since, /This process stood still/);
    assert.doesNotMatch(since, /Member failed.*name=(?!c2)/, "who stood still accuses nobody");
  });

  story("falls apart where the network does, each side seeing the other fail, and heals by itself", async () => {
    const few = ["k1", "c1"] as const;
    const many = NAMES.filter((name) => !few.some((one) => one === name));
    pool.cutOff(few);
    // those few see the pool fail one by one: probes that nobody answers make them doubt themselves, so they ask more slowly
    const doubted = few.map((name) =>
      until(`${name} sees others fail`, async () => [...(await pool.eyesOf(name)).values()].filter((is) => is === "failed").length > 0),
    );
    await Promise.all([pool.see(few, "failed", many), ...doubted]);
    await pool.catalog({ passing: many, critical: few });
    pool.network.heal();
    await pool.see(NAMES, "alive", NAMES);
    await pool.catalog({ passing: NAMES });
  });

  story("loses nobody while a fifth of all packets is lost, and everybody hears of events", async () => {
    const how = pool.network.lose(0.2);
    if (how === "iptables") ranOtherwise("sch_netem in the kernel, for packet loss by tc: iptables dropped packets at random instead");
    const ours = (["s1", "s2", "s3", "k1"] as const).map((name) => pool.agent(name));
    await untilCounted(ours, "memberlist.probeNode", 8);
    // each is told some four times by each, of which one in forty hears none at such a loss: of five events nobody misses all
    for (let event = 0; event < 5; event++) await pool.agent("k1").api.json("PUT", "/v1/event/fire/through-the-storm", { timeoutMs: 20_000 });
    for (const name of ["s1", "s2", "s3", "k1", "c1", "c2"] as const)
      await until(`${name} hears an event`, async () => {
        const events = (await pool.agent(name).api.json("GET", "/v1/event/list")) as readonly { readonly Name: string }[];
        return events.some(({ Name }) => Name === "through-the-storm");
      });
    await until("f1 hears an event", () => pool.serf.log().includes("consul:event:through-the-storm"));
    pool.network.heal();
    await pool.see(NAMES, "alive", NAMES);
    await pool.catalog({ passing: NAMES });
  });

  story("knows who left from who failed", async () => {
    const leaver = await pool.follower();
    const gone = ["k1", "c1", "f1", leaver] as const;
    const stay = NAMES.filter((name) => !gone.some((one) => one === name));
    await Promise.all([...(["k1", "c1", leaver] as const).map((name) => pool.command(name, "leave")), pool.serf.command("leave")]);
    await pool.see(gone, "left", stay);
    for (const name of ["k1", "c1", leaver] as const) assert.equal((await pool.agent(name).process.exited).code, 0, name);
    await until("the catalog is without them", async () => [...(await health(pool.agent(stay[0] ?? "s1"))).keys()].sort().join() === stay.toSorted().join());
    await pool.knowsServers("c2", 2);
  });
});
