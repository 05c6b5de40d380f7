import type { NodeId } from "../../../src/base/ids.ts";
import { RaftRules } from "../checkers/raft-rules.ts";
import { describeStandings, isConverged } from "../convergence.ts";
import { SimRandom } from "../engine/random.ts";
import { Scheduler } from "../engine/scheduler.ts";
import { useSyncZlib } from "../engine/sync-zlib.ts";
import { Faults } from "../faults.ts";
import { Links } from "../ports/links.ts";
import { SimInternet } from "../ports/network.ts";
import type { RaftImage } from "../ports/raft-image.ts";
import { CALM, type Weather, weatherFor } from "../weather.ts";
import { checkArchive } from "./archive-check.ts";
import type { StoreInput } from "./calls.ts";
import { Owners } from "./owners.ts";
import { ServerOperators } from "./server-operators.ts";
import { hostOf, ServerPlace, type ServerPlants } from "./server-place.ts";
import { sessionFault } from "./session-rules.ts";
import { StoreClient } from "./store-client.ts";
import { linearFault, staleFault, versionFault } from "./store-rules.ts";
import { type Quiet, watchFault } from "./watch-rules.ts";
import { LIST_PREFIX, LOCK_KEYS, REGISTER_KEYS, WATCH_KEYS, Workload } from "./workload.ts";

export interface ServerWorldOptions extends ServerPlants {
  readonly seed: number;
  readonly servers: number;
  readonly weather?: Weather;
  readonly onLine?: ((line: string) => void) | undefined;
}

const CALM_MS = 4_000;
/** After the calm begins: time for elections, and for connections that hang to be given up. */
const SETTLE_MS = 2_500;
const WAKE_WITHIN_MS = 500;
const LAST_WORDS_MS = 10_000;
/** This share of the seeds in which nobody is sent away or let in has a LAN pool. */
const POOLED_SHARE = 0.4;
/** Whom the news misses learns it when whole lists are exchanged, every half minute, with somebody at random. */
const POOL_HEALS_MS = 120_000;

const OWNING_SHARE = 0.5;
/** An agent compares itself with the catalog every two seconds or so, and half a minute after a failure. */
const OWNERS_SYNC_MS = 60_000;

/** Whole servers: raft, state, rpc and endpoints over streams, files and storage that are not there. */
export class ServerWorld {
  readonly scheduler: Scheduler;
  readonly rules: RaftRules;
  readonly client: StoreClient;
  readonly places: readonly ServerPlace[];
  readonly #links: Links;
  readonly #faults: Faults;
  readonly #operators: ServerOperators;
  readonly #owners: Owners;
  readonly #workload: Workload;
  readonly #weather: Weather;
  readonly #first: number;
  readonly #quiet: Quiet[] = [];
  readonly #random: SimRandom;
  /** Whether a snapshot is saved and restored at the end. */
  readonly #archiveToo: boolean;
  readonly #pooled: boolean;
  /** Whether services are registered with the agents, and removed. */
  readonly #owning: boolean;

  constructor(options: ServerWorldOptions) {
    useSyncZlib();
    const random = new SimRandom(options.seed, "server world");
    this.#random = random;
    this.#archiveToo = random.chance(0.3);
    const weather = options.weather ?? weatherFor(options.seed);
    const scheduler = new Scheduler(options.onLine);
    const images = new Map<NodeId, RaftImage>();
    this.scheduler = scheduler;
    this.#weather = weather;
    this.#first = options.servers;
    this.#links = new Links(random.fork("links"), weather);
    this.rules = new RaftRules({ scheduler, images, idOf: (process) => this.#idOf(process.number), commandsDiffer: false });
    const internet = new SimInternet(scheduler, this.#links);
    const count = options.servers + (weather.membershipEveryMs > 0 ? 1 : 0);
    const hosts = Array.from({ length: count }, (_, at) => hostOf(at + 1));
    // An operator who sends a living server away is not obeyed for long where a pool tells of it, and that is as it should be.
    this.#pooled = weather.membershipEveryMs === 0 && new SimRandom(options.seed, "pool").chance(POOLED_SHARE);
    const pool = this.#pooled ? hosts : undefined;
    // Where clocks jump, an agent that was down cannot always tell which came first: a registration or a removal.
    this.#owning = weather.wallStepEveryMs === 0 && new SimRandom(options.seed, "owning").chance(OWNING_SHARE);
    const parts = { scheduler, internet, links: this.#links, weather, rules: this.rules, images, plants: options, pool };
    this.places = Array.from({ length: count }, (_, at) => new ServerPlace(at + 1, { ...parts, random: random.fork(`place ${at}`) }));
    this.#faults = new Faults({ scheduler, random: random.fork("faults"), links: this.#links, weather, victims: this.places });
    this.#operators = new ServerOperators(scheduler, random.fork("operators"), this.places);
    this.#owners = new Owners(scheduler, random.fork("owners"), { places: this.places, leader: () => this.#leader() });
    this.client = new StoreClient(scheduler, random.fork("client"));
    this.#workload = new Workload({ scheduler, random: random.fork("workload"), client: this.client, sites: this.places });
  }

  /** All start, the first ones form a cluster, and the weather sets in. */
  async run(forMs: number): Promise<void> {
    const { scheduler } = this;
    this.#links.weather = CALM;
    for (const place of this.places) place.start();
    await scheduler.run(1_000, () => this.places.every((place) => place.raft !== undefined));
    const founders = this.places.slice(0, this.#first);
    void founders[0]?.raft?.bootstrap(founders.map(({ id, address, name }) => ({ id, address, suffrage: "voter", name })));
    await scheduler.run(5_000, () => this.#leader() !== undefined);
    await this.#prepare();
    const fromMs = scheduler.now;
    this.#links.weather = this.#weather;
    this.#faults.begin();
    this.#operators.begin(this.#faults, this.#weather);
    if (this.#owning) this.#owners.begin(this.#faults);
    this.#workload.begin();
    await scheduler.run(forMs);
    if (isFair(this.#weather)) this.#quiet.push({ fromMs, toMs: scheduler.now, wakeWithinMs: WAKE_WITHIN_MS, members: this.#members() });
  }

  /** The weather ends; clients stay, and now everything must come at once. */
  async calm(): Promise<void> {
    this.#faults.end();
    this.#links.weather = CALM;
    for (const place of this.places) place.disk.weather = CALM;
    await this.scheduler.run(SETTLE_MS + CALM_MS);
    this.#workload.end();
  }

  /** Within so long, one leader must be there and all members must hold the same state; then the history is judged. */
  async untilConverged(withinMs: number): Promise<void> {
    const { scheduler } = this;
    await this.#converge(withinMs);
    this.#quiet.push({ fromMs: scheduler.now, toMs: Number.POSITIVE_INFINITY, wakeWithinMs: WAKE_WITHIN_MS, members: this.#members() });
    await this.#lastWords();
    this.#workload.endWatches();
    await this.#converge(withinMs);
    await this.#allKnowAll();
    await this.#ownersObeyed();
    this.#sameState();
    this.#judge();
    if (scheduler.failure !== undefined) throw scheduler.failure;
  }

  /** In some seeds: the store is saved, emptied and restored. */
  async afterwards(withinMs: number): Promise<void> {
    if (!this.#archiveToo) return;
    const members = this.#members();
    const sites = this.places.filter((place) => members.has(place.name));
    const pick = (): ServerPlace => this.#random.pick(sites);
    await checkArchive(this.scheduler, { save: pick(), change: pick(), restore: pick() });
    await this.#converge(withinMs);
    this.#sameState();
    if (this.scheduler.failure !== undefined) throw this.scheduler.failure;
  }

  /** Where there is a pool, everybody is alive in everybody's eyes again, and so says the catalog. */
  async #allKnowAll(): Promise<void> {
    if (!this.#pooled) return;
    const names = this.places.map(({ name }) => name);
    const wrong = (): string | undefined => {
      for (const { name, pool } of this.places)
        for (const other of names) if (pool?.get(other) !== "alive") return `${name} takes ${other} for ${pool?.get(other) ?? "nobody"}`;
      const health = this.#leader()?.state?.health;
      const ill = names.find((name) => health?.node(name).value.find(({ checkId }) => checkId === "serfHealth")?.status !== "passing");
      return ill === undefined ? undefined : `${ill} is not well in the catalog`;
    };
    await this.scheduler.run(POOL_HEALS_MS, () => wrong() === undefined);
    const fault = wrong();
    if (fault !== undefined) this.scheduler.fail("members", `${fault}, ${POOL_HEALS_MS} ms of calm later`);
    await this.#converge(POOL_HEALS_MS);
  }

  /** What was taken out of the catalog stays out, and what nobody took out is there. */
  async #ownersObeyed(): Promise<void> {
    const wrong = (): string | undefined => this.#owners.fault(this.#members());
    await this.scheduler.run(OWNERS_SYNC_MS, () => wrong() === undefined);
    const fault = wrong();
    if (fault !== undefined) this.scheduler.fail("removals", `${fault}, ${OWNERS_SYNC_MS} ms of calm later`);
    await this.#converge(OWNERS_SYNC_MS);
  }

  async #prepare(): Promise<void> {
    let prepared = false;
    const leader = this.#leader();
    if (leader !== undefined) {
      void this.client.prepare(leader).then((done) => {
        prepared = done;
      });
    }
    await this.scheduler.run(5_000, () => prepared);
    if (!prepared) this.scheduler.fail("start", `no leader answers in calm weather: ${this.#describe()}`);
  }

  async #converge(withinMs: number): Promise<void> {
    await this.scheduler.run(withinMs, () => this.#isConverged());
    if (!this.#isConverged()) this.scheduler.fail("convergence", `not within ${withinMs} ms of calm: ${this.#describe()}`);
  }

  /** Changes every watched key and reads every key once more: what was acknowledged must be there, who waits must wake. */
  async #lastWords(): Promise<void> {
    const inputs: readonly StoreInput[] = [
      ...WATCH_KEYS.map((key) => ({ kind: "set", key, value: this.#workload.newValue() }) as const),
      ...[...REGISTER_KEYS, ...LOCK_KEYS].map((key) => ({ kind: "get", key, mode: "consistent" }) as const),
      { kind: "get-pair", mode: "consistent" },
    ];
    let left = inputs.length;
    for (const input of inputs) {
      void this.#sayAtLast(input).then(() => {
        left--;
      });
    }
    await this.scheduler.run(LAST_WORDS_MS, () => left === 0);
    if (left > 0) this.scheduler.fail("convergence", `no leader answers every call in calm weather: ${this.#describe()}`);
    await this.scheduler.run(2 * WAKE_WITHIN_MS);
  }

  /** Asks again while the leadership is still on its way from one to another. */
  async #sayAtLast(input: StoreInput): Promise<void> {
    for (;;) {
      const leader = this.#leader();
      if (leader !== undefined && (await this.client.call("last", leader, input)).outcome === "ok") return;
      await this.scheduler.sleep(50);
    }
  }

  #sameState(): void {
    const byIndex = new Map<number, { readonly name: string; readonly hash: string }>();
    for (const { state, name } of this.places) {
      if (state === undefined) continue;
      const mine = { name, hash: state.stateHash() };
      const other = byIndex.get(state.lastIndex);
      if (other !== undefined && other.hash !== mine.hash)
        this.scheduler.fail("state-machine safety", `${name} and ${other.name} differ in state at ${state.lastIndex}`);
      byIndex.set(state.lastIndex, mine);
    }
  }

  #judge(): void {
    const { history } = this.client;
    const rules: readonly (readonly [rule: string, fault: string | undefined])[] = [
      ["linearizability", linearFault(history, [...REGISTER_KEYS, ...WATCH_KEYS])],
      ["reads", versionFault(history)],
      ["stale reads", staleFault(history, LIST_PREFIX)],
      ["watches", watchFault(history, this.#quiet)],
      ["sessions", sessionFault(history, LOCK_KEYS, (fromMs, toMs) => this.places.some((place) => place.diedIn(fromMs, toMs)))],
    ];
    for (const [rule, fault] of rules) if (fault !== undefined) this.scheduler.fail(rule, fault);
  }

  #members(): ReadonlySet<string> {
    const ids = new Set(
      this.#leader()
        ?.raft?.status()
        .configuration.servers.map(({ id }) => id),
    );
    return new Set(this.places.filter(({ id }) => ids.has(id)).map(({ name }) => name));
  }

  #idOf(number: number): NodeId {
    const place = this.places[number - 1];
    if (place === undefined) throw new Error(`There is no server ${number}`);
    return place.id;
  }

  #leader(): ServerPlace | undefined {
    return this.#operators.leader();
  }

  #isConverged(): boolean {
    return isConverged(this.#leader()?.raft?.status(), this.places, this.rules.committedUpTo);
  }

  #describe(): string {
    return describeStandings(this.places);
  }
}

/** Weather in which every answer comes at once. */
function isFair(weather: Weather): boolean {
  const troubles = [
    weather.lossRate,
    weather.resetEveryMs,
    weather.partitionEveryMs,
    weather.crashEveryMs,
    weather.restartEveryMs,
    weather.blackoutEveryMs,
    weather.stallEveryMs,
    weather.slowDiskEveryMs,
    weather.fullDiskEveryMs,
    weather.membershipEveryMs,
    weather.transferEveryMs,
  ];
  return troubles.every((trouble) => trouble === 0);
}
