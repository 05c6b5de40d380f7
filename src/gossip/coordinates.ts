import type { Random } from "../platform/index.ts";
import { type Coordinate, CoordinateClient, distanceSeconds } from "./core/index.ts";
import type { GossipMetrics } from "./metrics.ts";
import { WireError } from "./wire/error.ts";
import { decodeCoordinate, encodeCoordinate } from "./wire/serf.ts";

const FRACTIONS = 2 ** 32;

/** This node's place among the others, and where the others last said they were. */
export class Coordinates {
  readonly #client: CoordinateClient;
  readonly #others = new Map<string, Coordinate>();
  readonly #metrics: GossipMetrics;

  constructor(random: Random, metrics: GossipMetrics) {
    this.#client = new CoordinateClient(() => random.int(FRACTIONS) / FRACTIONS);
    this.#metrics = metrics;
  }

  get own(): Coordinate {
    return this.#client.coordinate;
  }

  get resets(): number {
    return this.#client.resets;
  }

  /** What a direct ack carries. */
  payload(): Uint8Array {
    return encodeCoordinate(this.#client.coordinate);
  }

  of(name: string): Coordinate | undefined {
    return this.#others.get(name);
  }

  /** A direct ack came after `rttMs` with this payload. */
  heard(name: string, rttMs: number, payload: Uint8Array | undefined): void {
    try {
      const other = decodeCoordinate(payload);
      if (other === undefined) return;
      const before = this.#client.coordinate;
      if (!this.#client.update(name, other, rttMs / 1000)) return this.#metrics.coordinateRejected.add(1);
      this.#others.set(name, other);
      this.#metrics.coordinateAdjustment.observe(distanceSeconds(before, this.#client.coordinate) * 1000);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#metrics.coordinateRejected.add(1);
    }
  }

  forget(name: string): void {
    this.#client.forget(name);
    this.#others.delete(name);
  }
}
