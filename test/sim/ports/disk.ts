import { KvorumError } from "../../../src/base/errors.ts";
import type { SimProcess } from "../engine/process.ts";
import type { SimRandom } from "../engine/random.ts";
import type { Weather } from "../weather.ts";

/** What one server's disk is like; outlives the server's processes. */
export class SimDisk {
  readonly random: SimRandom;
  weather: Weather;
  /** Extra time of each write while the disk is slow. */
  slowMs = 0;
  full = false;

  constructor(random: SimRandom, weather: Weather) {
    this.random = random;
    this.weather = weather;
  }

  /** Runs `done` when a synced write would be through, unless the process dies before. Rejects with code `disk` when full. */
  write(process: SimProcess, done: () => void): Promise<void> {
    const ms = this.random.between(...this.weather.syncMs) + this.slowMs;
    return new Promise((resolve, reject) => {
      process.plan(ms, "io", () => {
        if (this.full) return reject(new KvorumError("disk", "Cannot write: no space left on device"));
        done();
        resolve();
      });
    });
  }

  /** A read, or a write that is not synced. */
  touch(process: SimProcess): Promise<void> {
    return new Promise((resolve) => void process.plan(this.random.between(0.01, 0.1), "io", resolve));
  }
}
