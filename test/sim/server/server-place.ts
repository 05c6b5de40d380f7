import { KvorumError } from "../../../src/base/errors.ts";
import { asNodeId, type NodeId } from "../../../src/base/ids.ts";
import type { Backend } from "../../../src/model/index.ts";
import { type NodePlatform, type RunningNode, startNode } from "../../../src/node/index.ts";
import type { RaftNode, StateMachine } from "../../../src/raft/index.ts";
import type { StateHub } from "../../../src/server/index.ts";
import type { StateStore } from "../../../src/state/index.ts";
import type { RaftRules } from "../checkers/raft-rules.ts";
import { SimProcess } from "../engine/process.ts";
import type { SimRandom } from "../engine/random.ts";
import type { Scheduler } from "../engine/scheduler.ts";
import type { Victim } from "../faults.ts";
import { SimDisk } from "../ports/disk.ts";
import { FileImage, SimFiles } from "../ports/files.ts";
import type { Links } from "../ports/links.ts";
import { NO_METRICS, simLog } from "../ports/log.ts";
import type { SimInternet } from "../ports/network.ts";
import { RaftImage } from "../ports/raft-image.ts";
import { SimRaftStorage } from "../ports/raft-storage.ts";
import type { Weather } from "../weather.ts";
import { observed } from "./observed-machine.ts";
import { settingsFor } from "./settings.ts";
import type { Site } from "./store-client.ts";

const SERVER_PORT = 8300;
/** A stop waits for a successor, for the disk, and for a stall that may come upon it. */
const STOP_WITHIN_MS = 20_000;

/** Where a test may put something false between a server and the world. */
export interface ServerPlants {
  readonly backend?: (backend: Backend, process: SimProcess) => Backend;
  readonly hub?: (hub: StateHub, process: SimProcess) => void;
  readonly machine?: (machine: StateMachine, process: SimProcess) => StateMachine;
  readonly started?: (process: SimProcess) => void;
}

export interface PlaceParts {
  readonly scheduler: Scheduler;
  readonly internet: SimInternet;
  readonly links: Links;
  readonly random: SimRandom;
  readonly weather: Weather;
  readonly rules: RaftRules;
  readonly images: Map<NodeId, RaftImage>;
  readonly plants: ServerPlants;
  /** Hosts of all places, where they have a LAN pool together. */
  readonly pool: readonly string[] | undefined;
}

interface Running {
  readonly node: RunningNode;
  readonly backend: Backend;
}

export function hostOf(number: number): string {
  return `10.0.0.${number}`;
}

/** One place for a whole server: raft, state, rpc and endpoints on virtual ports. Its disk stays, its processes come and go. */
export class ServerPlace implements Victim, Site {
  readonly host: string;
  readonly disk: SimDisk;
  readonly #parts: PlaceParts;
  readonly #number: number;
  #id: NodeId;
  #generation = 0;
  #image = new RaftImage();
  #files = new FileImage();
  #process: SimProcess | undefined;
  #running: Running | undefined;
  readonly #deathsMs: number[] = [];

  constructor(number: number, parts: PlaceParts) {
    this.#number = number;
    this.#parts = parts;
    this.#id = this.#newId();
    this.host = hostOf(number);
    this.disk = new SimDisk(parts.random.fork(`disk ${number}`), parts.weather);
  }

  get id(): NodeId {
    return this.#id;
  }

  get name(): string {
    return `s${this.#number}`;
  }

  get address(): string {
    return `${this.host}:${SERVER_PORT}`;
  }

  get process(): SimProcess | undefined {
    return this.#process;
  }

  get raft(): RaftNode | undefined {
    return this.#running?.node.raft;
  }

  get state(): StateStore | undefined {
    return this.#running?.node.state;
  }

  /** Its agent's own services, once they are there. */
  get local(): RunningNode["local"] {
    return this.#running?.node.local;
  }

  /** Status by name of the members of its pool; `undefined` without one. */
  get pool(): ReadonlyMap<string, string> | undefined {
    const members = this.#running?.node.pools?.lan.members();
    return members === undefined ? undefined : new Map(members.map(({ name, status }) => [name, status]));
  }

  get backend(): Backend | undefined {
    return this.#running?.backend;
  }

  get leads(): boolean {
    return this.raft?.status().role === "leader";
  }

  start(): void {
    if (this.#process !== undefined) return;
    const { scheduler, links } = this.#parts;
    const process = new SimProcess(scheduler, this.name, this.#number);
    this.#process = process;
    links.powerOn(this.host);
    scheduler.tell(`${this.name} starts`);
    process.plan(1, "io", () => this.#booted(process, this.#boot(process)));
  }

  crash(powerLoss: boolean): void {
    if (this.#process === undefined) return;
    this.#process.kill();
    this.#deathsMs.push(this.#parts.scheduler.now);
    if (powerLoss) this.#parts.links.powerOff(this.host);
    this.#parts.internet.closeAll(this.host);
    this.#process = undefined;
    this.#running = undefined;
  }

  /** Stops as an operator stops it, then starts again. */
  restart(): void {
    const { scheduler } = this.#parts;
    const process = this.#process;
    const running = this.#running;
    if (process === undefined || running === undefined) return;
    scheduler.tell(`${this.name} is stopped`);
    this.#running = undefined;
    process.plan(0, "io", () => {
      running.node[Symbol.asyncDispose]().then(undefined, (error: unknown) => scheduler.fail("stop", String(error)));
    });
    scheduler.world(STOP_WITHIN_MS, () => {
      if (this.#process === process) scheduler.fail("stop", `${this.name} did not stop within ${STOP_WITHIN_MS} ms`);
    });
  }

  reset(): void {
    this.#parts.internet.breakOne(this.host, (count) => this.#parts.random.int(Math.max(1, count)));
  }

  /** A new machine in its place: empty disk, another id. */
  wipe(): void {
    this.crash(true);
    this.#parts.images.delete(this.#id);
    this.#image = new RaftImage();
    this.#files = new FileImage();
    this.#id = this.#newId();
  }

  #newId(): NodeId {
    this.#generation++;
    const id = asNodeId(`00000000-0000-4000-8000-00000000${`${this.#generation}`.padStart(3, "0")}${this.#number}`);
    this.#parts.images.set(id, this.#image);
    return id;
  }

  /** Whether a life of it ended between these times. */
  diedIn(fromMs: number, toMs: number): boolean {
    return this.#deathsMs.some((deathMs) => deathMs >= fromMs && deathMs <= toMs);
  }

  #booted(process: SimProcess, boot: Promise<void>): void {
    boot.catch((error: unknown) => {
      if (!process.alive) return;
      if (error instanceof KvorumError && (error.code === "disk" || error.code === "unavailable")) this.#stopped(process, error.message);
      else this.#parts.scheduler.fail("start", `${this.name}: ${error instanceof Error ? error.stack : String(error)}`);
    });
  }

  async #boot(process: SimProcess): Promise<void> {
    const { scheduler, internet, random, rules, plants } = this.#parts;
    const { id, name } = this;
    const platform: NodePlatform = {
      clock: process,
      random: random.fork(`platform ${name}`),
      network: internet.network(process, this.host),
      files: new SimFiles(this.#files, this.disk, process),
      log: simLog(scheduler, process),
      metrics: NO_METRICS,
    };
    plants.started?.(process);
    const node = await startNode({
      config: settingsFor({ id, name, host: this.host, address: this.address, pool: this.#parts.pool }),
      platform,
      openStorage: async () => {
        const raft = new SimRaftStorage({ image: this.#image, disk: this.disk, process, watcher: rules });
        return { id, raft, [Symbol.asyncDispose]: () => raft[Symbol.asyncDispose]() };
      },
      machineOf: (made) => {
        plants.hub?.(made, process);
        return observed(plants.machine?.(made.state, process) ?? made.state, process, rules);
      },
    });
    node.stopped.then(
      (reason) => this.#stopped(process, reason),
      (error: unknown) => scheduler.fail("stop", String(error)),
    );
    const { raft } = node;
    raft.onLeadership((view) => {
      if (view.role === "leader") rules.leads(id, view.term);
    });
    rules.configured(id, raft.status().configuration);
    raft.onConfiguration((configuration) => rules.configured(id, configuration));
    this.#running = { node, backend: plants.backend?.(node.backend, process) ?? node.backend };
  }

  /** A server that gives up is started again a while later, as a supervisor does. */
  #stopped(process: SimProcess, why: string): void {
    const { scheduler, random } = this.#parts;
    scheduler.tell(`${this.name} gives up: ${why}`);
    scheduler.world(0, () => {
      if (this.#process !== process) return;
      this.crash(false);
      scheduler.world(random.between(50, 500), () => this.start());
    });
  }
}
