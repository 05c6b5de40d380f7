/** A place in the network from which round trips are estimated. Vivaldi (SIGCOMM 2004) with height and adjustment, as Serf has it. */
export interface Coordinate {
  readonly vec: readonly number[];
  readonly error: number;
  /** Seconds. */
  readonly adjustment: number;
  /** Seconds. */
  readonly height: number;
}

/** Every coordinate has so many. */
export const COORDINATE_DIMENSIONS = 8;
const NANOS = 1e9;

/** The estimated round trip between two coordinates in seconds, in whole nanoseconds. Serf, network coordinates. */
export function distanceSeconds(a: Coordinate, b: Coordinate): number {
  const raw = rawDistanceSeconds(a, b);
  const adjusted = raw + a.adjustment + b.adjustment;
  return Math.trunc((adjusted > 0 ? adjusted : raw) * NANOS) / NANOS;
}

/** The same without adjustments, and not rounded. */
export function rawDistanceSeconds(a: Coordinate, b: Coordinate): number {
  return Math.sqrt(a.vec.reduce((sum, each, at) => sum + (each - (b.vec[at] ?? 0)) ** 2, 0)) + a.height + b.height;
}

/** Whether it has the right number of dimensions and every part is a finite number. */
export function isUsableCoordinate({ vec, error, adjustment, height }: Coordinate): boolean {
  return vec.length === COORDINATE_DIMENSIONS && [...vec, error, adjustment, height].every(Number.isFinite);
}
