import type { SimProcess } from "./engine/process.ts";
import type { SimRandom } from "./engine/random.ts";
import type { Scheduler } from "./engine/scheduler.ts";
import type { SimDisk } from "./ports/disk.ts";
import type { Links } from "./ports/links.ts";
import type { Weather } from "./weather.ts";

/** What the weather can strike. */
export interface Victim {
  readonly name: string;
  readonly host: string;
  readonly disk: SimDisk;
  /** Of its present life; `undefined` when it is down. */
  readonly process: SimProcess | undefined;
  /** Does nothing when it is up. */
  start(): void;
  /** Dies in this turn; after a loss of power its peers hear nothing. Does nothing when it is down. */
  crash(powerLoss: boolean): void;
  /** Is stopped in good order, and starts again. Does nothing when it is down. */
  restart(): void;
  /** Breaks one of its connections, if it has any. */
  reset(): void;
}

/** Lets the weather happen to servers, until it is ended. */
export class Faults {
  readonly #scheduler: Scheduler;
  readonly #random: SimRandom;
  readonly #links: Links;
  readonly #weather: Weather;
  readonly #victims: readonly Victim[];
  readonly #remedies = new Set<() => void>();
  #raging = false;

  constructor(parts: {
    readonly scheduler: Scheduler;
    readonly random: SimRandom;
    readonly links: Links;
    readonly weather: Weather;
    readonly victims: readonly Victim[];
  }) {
    this.#scheduler = parts.scheduler;
    this.#random = parts.random;
    this.#links = parts.links;
    this.#weather = parts.weather;
    this.#victims = parts.victims;
  }

  begin(): void {
    this.#raging = true;
    const weather = this.#weather;
    this.every(weather.crashEveryMs, () => this.#crash());
    this.every(weather.blackoutEveryMs, () => this.#blackout());
    this.every(weather.restartEveryMs, () => this.#random.pick(this.#victims).restart());
    this.every(weather.partitionEveryMs, () => this.#partition());
    this.every(weather.resetEveryMs, () => this.#random.pick(this.#victims).reset());
    this.every(weather.stallEveryMs, () => this.#stall());
    this.every(weather.wallStepEveryMs, () => this.#stepWall());
    this.every(weather.slowDiskEveryMs, () => this.#slowDisk());
    this.every(weather.fullDiskEveryMs, () => this.#fullDisk());
  }

  /** Calls `strike` at times that come `meanMs` apart in the mean, while the weather lasts. */
  every(meanMs: number, strike: () => void): void {
    if (meanMs <= 0) return;
    this.#scheduler.world(this.#random.exponential(meanMs), () => {
      if (!this.#raging) return;
      strike();
      this.every(meanMs, strike);
    });
  }

  /** No new troubles; those that last are mended now, and who is down starts. */
  end(): void {
    this.#raging = false;
    for (const remedy of [...this.#remedies]) remedy();
    for (const victim of this.#victims) victim.start();
  }

  #lasting(ms: number, remedy: () => void): void {
    const once = (): void => {
      if (this.#remedies.delete(once)) remedy();
    };
    this.#remedies.add(once);
    this.#scheduler.world(ms, once);
  }

  #crash(): void {
    const up = this.#victims.filter((victim) => victim.process !== undefined);
    if (up.length * 2 <= this.#victims.length + 1) return;
    const victim = this.#random.pick(up);
    const powerLoss = this.#random.chance(this.#weather.powerLossShare);
    this.#scheduler.tell(`${victim.name} crashes${powerLoss ? " (power)" : ""}`);
    victim.crash(powerLoss);
    this.#lasting(this.#random.between(...this.#weather.downMs), () => victim.start());
  }

  #blackout(): void {
    this.#scheduler.tell("all crash");
    for (const victim of this.#victims) {
      victim.crash(true);
      this.#lasting(this.#random.between(...this.#weather.downMs), () => victim.start());
    }
  }

  #partition(): void {
    const side = new Set(this.#someHosts());
    const oneWay = this.#random.chance(0.4);
    this.#scheduler.tell(`cut off${oneWay ? " one way" : ""}: ${[...side].join(" ")}`);
    const cuts = this.#victims.flatMap((from) =>
      this.#victims
        .filter((to) => side.has(from.host) !== side.has(to.host) && (!oneWay || side.has(from.host)))
        .map((to) => this.#links.cut(from.host, to.host)),
    );
    this.#lasting(this.#random.between(...this.#weather.partitionMs), () => {
      this.#scheduler.tell("mended");
      for (const cut of cuts) cut[Symbol.dispose]();
    });
  }

  /** At least one, and not all where there are more. */
  #someHosts(): readonly string[] {
    const hosts = this.#victims.map((victim) => victim.host);
    const count = 1 + this.#random.int(Math.max(1, hosts.length - 1));
    while (hosts.length > count) hosts.splice(this.#random.int(hosts.length), 1);
    return hosts;
  }

  #stall(): void {
    const victim = this.#random.pick(this.#victims);
    const ms = this.#random.between(...this.#weather.stallMs);
    this.#scheduler.tell(`${victim.name} stalls ${ms.toFixed(0)} ms`);
    victim.process?.stall(ms);
  }

  #stepWall(): void {
    const far = this.#weather.wallStepMs;
    this.#random.pick(this.#victims).process?.stepWall(this.#random.between(-far, far));
  }

  #slowDisk(): void {
    const { disk, name } = this.#random.pick(this.#victims);
    disk.slowMs = this.#random.between(...this.#weather.slowDiskMs);
    this.#scheduler.tell(`${name} disk slow by ${disk.slowMs.toFixed(0)} ms`);
    this.#lasting(this.#random.between(300, 3_000), () => {
      disk.slowMs = 0;
    });
  }

  #fullDisk(): void {
    const { disk, name } = this.#random.pick(this.#victims);
    this.#scheduler.tell(`${name} disk full`);
    disk.full = true;
    this.#lasting(this.#random.between(...this.#weather.fullDiskMs), () => {
      disk.full = false;
    });
  }
}
