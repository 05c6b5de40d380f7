/**
 * Which removals from the catalog concern what an agent writes there: those later than so many milliseconds since 1970. 0: any (the catalog
 * had it since it was registered, so whoever removed it meant it); `HEEDS_NONE`: none (it was registered anew and was not there yet).
 */
export interface Heeds {
  readonly service: number;
  /** One for each check, in their order. */
  readonly checks: readonly number[];
}

/** Of `Heeds`: later than any time. */
export const HEEDS_NONE = Number.MAX_SAFE_INTEGER;

/** Ids of what was not written, since somebody has removed it for good. */
export interface Removed {
  readonly services: readonly string[];
  readonly checks: readonly string[];
}

/** A service or a check (the other id is empty) that somebody took out of the catalog for good: its own agent may not know yet. */
export interface Removal {
  readonly node: string;
  readonly serviceId: string;
  readonly checkId: string;
  /** Milliseconds since 1970, by the clock of the leader that took it. */
  readonly at: number;
  readonly index: number;
}
