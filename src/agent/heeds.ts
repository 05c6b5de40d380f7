import { KvorumError } from "../base/errors.ts";
import { HEEDS_NONE, type Heeds, type Removed } from "../model/index.ts";

interface Heeding {
  readonly heeds: number;
}

/** What an agent that got no answer to that takes for one. */
export const NOTHING_REMOVED: Removed = { services: [], checks: [] };

/** What goes along with a write of these; `undefined`: no removal concerns any of it. */
export function heedsOf(service: Heeding | undefined, checks: readonly Heeding[]): Heeds | undefined {
  const heeds = { service: service?.heeds ?? HEEDS_NONE, checks: checks.map((check) => check.heeds) };
  return heeds.service === HEEDS_NONE && heeds.checks.every((heeded) => heeded === HEEDS_NONE) ? undefined : heeds;
}

/** Whether a write that failed so may have been done all the same: then what it brought was there, and somebody may have removed it. */
export function mayBeDone(error: unknown): boolean {
  return error instanceof KvorumError && (error.code === "leadership-lost" || error.code === "timeout");
}
