import type { NodeId } from "../../../src/base/ids.ts";
import { RaftRules } from "../checkers/raft-rules.ts";
import { describeStandings, isConverged, type Standing } from "../convergence.ts";
import { SimRandom } from "../engine/random.ts";
import { Scheduler } from "../engine/scheduler.ts";
import { Faults } from "../faults.ts";
import { Links } from "../ports/links.ts";
import type { RaftImage } from "../ports/raft-image.ts";
import { DatagramNet, type Tamper } from "../ports/raft-transport.ts";
import { CALM, type Weather, weatherFor } from "../weather.ts";
import { Operators } from "./operators.ts";
import { type Plants, RaftServer } from "./raft-server.ts";
import { type LeaseCheck, RegisterClients } from "./register-clients.ts";
import { registerFault } from "./register-rules.ts";

/** Servers beside the first ones, empty, for membership changes. */
const SPARE_SERVERS = 2;
/** Within which reads must be answered in calm weather, a change of leader included. */
const LAST_READS_MS = 5_000;

export interface RaftWorldOptions extends Plants {
  readonly seed: number;
  readonly servers: number;
  readonly weather?: Weather;
  readonly onLine?: ((line: string) => void) | undefined;
  readonly tamper?: Tamper;
  readonly mayReadHere?: LeaseCheck;
}

/** Raft alone, core and driver, under a small machine: the harshest weather, since messages are datagrams here. */
export class RaftWorld {
  readonly scheduler: Scheduler;
  readonly rules: RaftRules;
  readonly clients: RegisterClients;
  readonly servers: readonly RaftServer[];
  readonly #links: Links;
  readonly #faults: Faults;
  readonly #operators: Operators;
  readonly #weather: Weather;
  readonly #first: number;

  constructor(options: RaftWorldOptions) {
    const random = new SimRandom(options.seed, "raft world");
    const weather = options.weather ?? weatherFor(options.seed);
    const scheduler = new Scheduler(options.onLine);
    const images = new Map<NodeId, RaftImage>();
    this.scheduler = scheduler;
    this.#weather = weather;
    this.#first = options.servers;
    this.#links = new Links(random.fork("links"), weather);
    this.rules = new RaftRules({ scheduler, images, idOf: (process) => process.name as NodeId, commandsDiffer: true });
    const net = new DatagramNet(scheduler, this.#links);
    net.tamper = options.tamper;
    const places = options.servers + (weather.membershipEveryMs > 0 ? SPARE_SERVERS : 0);
    this.servers = Array.from(
      { length: places },
      (_, at) => new RaftServer(at + 1, { scheduler, net, random: random.fork(`server ${at}`), weather, rules: this.rules, images, plants: options }),
    );
    this.#faults = new Faults({ scheduler, random: random.fork("faults"), links: this.#links, weather, victims: this.servers });
    this.#operators = new Operators(scheduler, random.fork("operators"), this.servers);
    this.clients = new RegisterClients({
      scheduler,
      random: random.fork("clients"),
      servers: this.servers,
      keys: 1 + random.int(5),
      mayReadHere: options.mayReadHere,
    });
  }

  /** All start, the first ones form a cluster, and the weather sets in. */
  async run(forMs: number): Promise<void> {
    this.#links.weather = CALM;
    for (const server of this.servers) server.start();
    await this.scheduler.run(1_000, () => this.servers.every((server) => server.node !== undefined));
    const founders = this.servers.slice(0, this.#first);
    const founder = founders[0];
    void founder?.node?.bootstrap(founders.map(({ id, host, name }) => ({ id, address: host, suffrage: "voter", name })));
    await this.scheduler.run(3_000, () => this.#operators.leader() !== undefined);
    this.#links.weather = this.#weather;
    this.#faults.begin();
    this.#operators.begin(this.#faults, this.#weather);
    this.clients.begin(4, 40);
    await this.scheduler.run(forMs);
  }

  /** The weather ends; clients stay. */
  async calm(): Promise<void> {
    this.#faults.end();
    this.#links.weather = CALM;
    for (const server of this.servers) server.disk.weather = CALM;
    await this.scheduler.run(1_000);
    this.clients.end();
  }

  /** Within so long, one leader must be there and all members must have applied all it committed. */
  async untilConverged(withinMs: number): Promise<void> {
    await this.scheduler.run(withinMs, () => this.#isConverged());
    if (!this.#isConverged()) this.scheduler.fail("convergence", `not within ${withinMs} ms of calm: ${this.#describe()}`);
    await this.#readAll();
    const fault = registerFault(this.clients.history, this.clients.keys);
    if (fault !== undefined) this.scheduler.fail("linearizability", fault);
    if (this.scheduler.failure !== undefined) throw this.scheduler.failure;
  }

  afterwards(): Promise<void> {
    return Promise.resolve();
  }

  /** Reads every key at the end: what was acknowledged must be there. */
  async #readAll(): Promise<void> {
    let left = this.clients.keys.length;
    for (const key of this.clients.keys) {
      void this.#readAtLast(key).then(() => {
        left--;
      });
    }
    await this.scheduler.run(LAST_READS_MS, () => left === 0);
    if (left > 0) this.scheduler.fail("convergence", `no leader answers a read of every key in calm weather: ${this.#describe()}`);
  }

  /** Asks again while the leadership is still on its way from one to another. */
  async #readAtLast(key: string): Promise<void> {
    for (;;) {
      const leader = this.#operators.leader();
      if (leader !== undefined && (await this.clients.one("last", leader, { kind: "get", key, mode: "consistent" }, LAST_READS_MS)).outcome === "ok") return;
      await this.scheduler.sleep(50);
    }
  }

  #isConverged(): boolean {
    return isConverged(this.#operators.leader()?.node?.status(), this.#standings(), this.rules.committedUpTo);
  }

  #describe(): string {
    return describeStandings(this.#standings());
  }

  #standings(): readonly Standing[] {
    return this.servers.map(({ id, name, node }) => ({ id, name, raft: node }));
  }
}
