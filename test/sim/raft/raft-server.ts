import { KvorumError } from "../../../src/base/errors.ts";
import { asNodeId, type NodeId } from "../../../src/base/ids.ts";
import type { RaftNode, RaftStorage, StateMachine } from "../../../src/raft/index.ts";
import type { RaftRules } from "../checkers/raft-rules.ts";
import { SimProcess } from "../engine/process.ts";
import type { SimRandom } from "../engine/random.ts";
import type { Scheduler } from "../engine/scheduler.ts";
import type { Victim } from "../faults.ts";
import { SimDisk } from "../ports/disk.ts";
import { RaftImage } from "../ports/raft-image.ts";
import { SimRaftStorage } from "../ports/raft-storage.ts";
import type { DatagramNet } from "../ports/raft-transport.ts";
import type { Weather } from "../weather.ts";
import { openSimRaft } from "./open-raft.ts";
import { RegisterMachine } from "./register-machine.ts";

/** A stop waits for the disk, and for a stall that may come upon it. */
const STOP_WITHIN_MS = 15_000;

/** Where a test may put something false between raft and the world. */
export interface Plants {
  readonly storage?: (storage: RaftStorage, image: RaftImage, process: SimProcess) => RaftStorage;
  readonly machine?: (machine: StateMachine, process: SimProcess) => StateMachine;
}

export interface RaftServerParts {
  readonly scheduler: Scheduler;
  readonly net: DatagramNet;
  readonly random: SimRandom;
  readonly weather: Weather;
  readonly rules: RaftRules;
  readonly images: Map<NodeId, RaftImage>;
  readonly plants: Plants;
}

/** One place for a raft server: its disk stays, its processes come and go. */
export class RaftServer implements Victim {
  readonly number: number;
  readonly disk: SimDisk;
  readonly #parts: RaftServerParts;
  #generation = 0;
  #id: NodeId;
  #image = new RaftImage();
  #process: SimProcess | undefined;
  #node: RaftNode | undefined;
  #machine: RegisterMachine | undefined;

  constructor(number: number, parts: RaftServerParts) {
    this.number = number;
    this.#parts = parts;
    this.disk = new SimDisk(parts.random.fork(`disk ${number}`), parts.weather);
    this.#id = this.#newId();
  }

  get id(): NodeId {
    return this.#id;
  }

  get name(): string {
    return this.#id;
  }

  /** Datagrams go from host to host; one server a host. */
  get host(): string {
    return `10.0.0.${this.number}:8300`;
  }

  get process(): SimProcess | undefined {
    return this.#process;
  }

  /** `undefined` while it is down or still reading its disk. */
  get node(): RaftNode | undefined {
    return this.#node;
  }

  get machine(): RegisterMachine | undefined {
    return this.#machine;
  }

  start(): void {
    if (this.#process !== undefined) return;
    const { scheduler } = this.#parts;
    const process = new SimProcess(scheduler, this.#id, this.number);
    this.#process = process;
    scheduler.tell(`${this.#id} starts`);
    process.plan(1, "io", () => {
      this.#boot(process).catch((error: unknown) => this.#refused(process, error));
    });
  }

  crash(powerLoss: boolean): void {
    if (this.#process !== undefined && !powerLoss) this.#parts.net.broke(this.#id, this.host);
    this.#process?.kill();
    this.#process = undefined;
    this.#node = undefined;
    this.#machine = undefined;
  }

  restart(): void {
    const process = this.#process;
    const node = this.#node;
    if (process === undefined || node === undefined) return;
    const { scheduler } = this.#parts;
    scheduler.tell(`${this.#id} is stopped`);
    this.#node = undefined;
    process.plan(0, "io", () => {
      node[Symbol.asyncDispose]().then(
        () => this.#stopped(process, "stopped"),
        (error: unknown) => scheduler.fail("stop", String(error)),
      );
    });
    scheduler.world(STOP_WITHIN_MS, () => {
      if (this.#process === process) scheduler.fail("stop", `${this.#id} did not stop within ${STOP_WITHIN_MS} ms`);
    });
  }

  reset(): void {
    if (this.#process !== undefined) this.#parts.net.broke(this.#id, this.host);
  }

  /** A new machine in its place: empty disk, another id. */
  wipe(): void {
    this.crash(true);
    this.#parts.images.delete(this.#id);
    this.#image = new RaftImage();
    this.#id = this.#newId();
  }

  #newId(): NodeId {
    this.#generation++;
    const id = asNodeId(`n${this.number}${this.#generation > 1 ? `.${this.#generation}` : ""}`);
    this.#parts.images.set(id, this.#image);
    return id;
  }

  #refused(process: SimProcess, error: unknown): void {
    if (!process.alive) return;
    if (error instanceof KvorumError && error.code === "disk") this.#stopped(process, error.message);
    else this.#parts.scheduler.fail("start", `${this.#id}: ${error instanceof Error ? error.stack : String(error)}`);
  }

  async #boot(process: SimProcess): Promise<void> {
    const { scheduler, net, rules, random, plants } = this.#parts;
    const id = this.#id;
    const own = new RegisterMachine(
      {
        appliedCommand: (applied) => rules.appliedCommand(process, applied),
        appliedUpTo: () => rules.appliedUpTo(process),
      },
      64,
    );
    const honest = new SimRaftStorage({ image: this.#image, disk: this.disk, process, watcher: rules });
    const node = await openSimRaft({
      scheduler,
      process,
      id,
      random: random.fork(`raft ${id}`),
      storage: plants.storage?.(honest, this.#image, process) ?? honest,
      transport: net.transport(process, id, this.host),
      machine: plants.machine?.(own, process) ?? own,
      stopped: (why) => this.#stopped(process, why),
    });
    node.onLeadership((view) => {
      if (view.role === "leader") rules.leads(id, view.term);
    });
    rules.configured(id, node.status().configuration);
    node.onConfiguration((configuration) => rules.configured(id, configuration));
    this.#node = node;
    this.#machine = own;
  }

  /** A server that gives up is started again a while later, as a supervisor does. */
  #stopped(process: SimProcess, why: string): void {
    if (this.#process !== process) return;
    const { scheduler, random } = this.#parts;
    scheduler.tell(`${this.#id} gives up: ${why}`);
    scheduler.world(0, () => {
      if (this.#process !== process) return;
      this.crash(true);
      scheduler.world(random.between(50, 500), () => this.start());
    });
  }
}
