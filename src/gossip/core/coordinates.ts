import {
  COORDINATE_DIMENSIONS as DIMENSIONS,
  distanceSeconds,
  isUsableCoordinate as isUsable,
  rawDistanceSeconds as rawDistance,
} from "../../base/network-coordinate.ts";
import type { Coordinate } from "./messages.ts";

export { distanceSeconds };

const ERROR_MAX = 1.5;
const ERROR_GAIN = 0.25;
const FORCE_GAIN = 0.25;
const ADJUSTMENT_WINDOW = 20;
const HEIGHT_MIN = 1e-5;
const LATENCY_FILTER = 3;
const GRAVITY_RHO = 150;
const ZERO = 1e-6;
const RTT_MAX_SECONDS = 10;

/** Where every node begins: the origin, as unsure as can be. */
export const ORIGIN: Coordinate = { adjustment: 0, error: ERROR_MAX, height: HEIGHT_MIN, vec: new Array<number>(DIMENSIONS).fill(0) };

/** This node's place among the others, moved a little by every round trip. Vivaldi (SIGCOMM 2004) with height, adjustment and gravity. */
export class CoordinateClient {
  readonly #random: () => number;
  readonly #latencies = new Map<string, number[]>();
  #coordinate: Coordinate;
  #adjustments: number[] = new Array<number>(ADJUSTMENT_WINDOW).fill(0);
  #adjustmentAt = 0;
  #resets = 0;

  /** `random` gives numbers from 0 to below 1; `start` is where the node was when it stopped, if it knows. */
  constructor(random: () => number, start: Coordinate = ORIGIN) {
    this.#random = random;
    this.#coordinate = start;
  }

  get coordinate(): Coordinate {
    return this.#coordinate;
  }

  /** How often it had to begin again, since the numbers had run away. */
  get resets(): number {
    return this.#resets;
  }

  /** False when the sample cannot be used: not finite, other dimensions, or a round trip outside 0 to 10 s. */
  update(node: string, other: Coordinate, rttSeconds: number): boolean {
    if (!isUsable(other) || !(rttSeconds >= 0 && rttSeconds <= RTT_MAX_SECONDS)) return false;
    const rtt = Math.max(this.#filtered(node, rttSeconds), ZERO);
    this.#coordinate = this.#pulled(other, rtt);
    this.#adjust(other, rtt);
    this.#coordinate = applyForce(this.#coordinate, ORIGIN, gravity(this.#coordinate), this.#random);
    if (!isUsable(this.#coordinate)) this.#reset();
    return true;
  }

  /** Forgets the samples of a member that is gone for good. */
  forget(node: string): void {
    this.#latencies.delete(node);
  }

  #filtered(node: string, rtt: number): number {
    const samples = this.#latencies.get(node) ?? [];
    samples.push(rtt);
    if (samples.length > LATENCY_FILTER) samples.shift();
    this.#latencies.set(node, samples);
    return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? rtt;
  }

  #pulled(other: Coordinate, rtt: number): Coordinate {
    const own = this.#coordinate;
    const distance = distanceSeconds(own, other);
    const wrongness = Math.abs(distance - rtt) / rtt;
    const weight = own.error / Math.max(own.error + other.error, ZERO);
    const error = Math.min(ERROR_MAX, ERROR_GAIN * weight * wrongness + own.error * (1 - ERROR_GAIN * weight));
    return applyForce({ ...own, error }, other, FORCE_GAIN * weight * (rtt - distance), this.#random);
  }

  #adjust(other: Coordinate, rtt: number): void {
    this.#adjustments[this.#adjustmentAt] = rtt - rawDistance(this.#coordinate, other);
    this.#adjustmentAt = (this.#adjustmentAt + 1) % ADJUSTMENT_WINDOW;
    const adjustment = this.#adjustments.reduce((sum, each) => sum + each, 0) / (2 * ADJUSTMENT_WINDOW);
    this.#coordinate = { ...this.#coordinate, adjustment };
  }

  #reset(): void {
    this.#resets++;
    this.#coordinate = ORIGIN;
    this.#adjustments = new Array<number>(ADJUSTMENT_WINDOW).fill(0);
    this.#adjustmentAt = 0;
  }
}

function gravity(own: Coordinate): number {
  return -1 * (distanceSeconds(ORIGIN, own) / GRAVITY_RHO) ** 2;
}

function applyForce(own: Coordinate, other: Coordinate, force: number, random: () => number): Coordinate {
  const { unit, length } = direction(own.vec, other.vec, random);
  const vec = own.vec.map((each, at) => each + (unit[at] ?? 0) * force);
  const height = length > ZERO ? Math.max(HEIGHT_MIN, ((own.height + other.height) * force) / length + own.height) : own.height;
  return { ...own, vec, height };
}

/** The unit vector from `to` towards `from`, at random where the two are as good as one place. */
function direction(from: readonly number[], to: readonly number[], random: () => number): { unit: readonly number[]; length: number } {
  const apart = difference(from, to);
  const length = magnitude(apart);
  if (length > ZERO) return { unit: apart.map((each) => each / length), length };
  const chance = from.map(() => random() - 0.5);
  const chanceLength = magnitude(chance);
  if (chanceLength > ZERO) return { unit: chance.map((each) => each / chanceLength), length: 0 };
  return { unit: from.map((_, at) => (at === 0 ? 1 : 0)), length: 0 };
}

function difference(a: readonly number[], b: readonly number[]): number[] {
  return a.map((each, at) => each - (b[at] ?? 0));
}

function magnitude(vec: readonly number[]): number {
  return Math.sqrt(vec.reduce((sum, each) => sum + each * each, 0));
}
