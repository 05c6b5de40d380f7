import { messageOf } from "../base/errors.ts";
import type { Coordinate } from "../base/network-coordinate.ts";
import type { Backend } from "../model/index.ts";
import type { Clock, Logger, Random } from "../platform/index.ts";

export interface CoordinateReportsOptions {
  readonly nodeName: string;
  /** This node's own in the LAN pool. */
  readonly coordinate: () => Coordinate | undefined;
  /** How many members the LAN pool has. */
  readonly members: () => number;
  /** Reports of one node are at least this far apart (`sync_coordinate_interval_min`)… */
  readonly intervalMinMs: number;
  /** …and so rare in a large pool that all nodes together make so many a second (`sync_coordinate_rate_target`). */
  readonly ratePerSecond: number;
  readonly backend: Pick<Backend, "call">;
  readonly platform: { readonly clock: Clock; readonly random: Random };
  readonly logger: Logger;
}

/** Tells the servers now and then where this node is in the network, so that `near` and `rtt` know. Consul, network coordinates. */
export class CoordinateReports implements Disposable {
  readonly #with: CoordinateReportsOptions;
  #timer: Disposable | undefined;
  #stopped = false;

  constructor(options: CoordinateReportsOptions) {
    this.#with = options;
    this.#wait();
  }

  [Symbol.dispose](): void {
    this.#stopped = true;
    this.#timer?.[Symbol.dispose]();
  }

  /** At random between once and twice the interval, so that nodes that started together do not report together. */
  #wait(): void {
    if (this.#stopped) return;
    const { platform, members, intervalMinMs, ratePerSecond } = this.#with;
    const interval = Math.max(intervalMinMs, Math.ceil((members() / ratePerSecond) * 1_000));
    this.#timer = platform.clock.after(interval + platform.random.int(interval), () => void this.#report().finally(() => this.#wait()));
  }

  async #report(): Promise<void> {
    const { nodeName, coordinate, backend, logger } = this.#with;
    const coord = coordinate();
    if (coord === undefined) return;
    try {
      await backend.call("Coordinate.Update", { update: { node: nodeName, segment: "", coord }, options: { datacenter: "", token: "" } });
    } catch (error) {
      logger.warn("Cannot report the coordinate", { error: messageOf(error) });
    }
  }
}
