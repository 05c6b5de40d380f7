import { BadRequestError } from "../base/errors.ts";
import type { Timing } from "./core/index.ts";

/** What the configuration may change of a pool's timing (`gossip_lan`, `gossip_wan`); milliseconds and counts, `undefined` leaves a knob as it is. */
export type TimingOverrides = {
  readonly [K in "gossipIntervalMs" | "gossipNodes" | "probeIntervalMs" | "probeTimeoutMs" | "suspicionMult" | "retransmitMult" | "reclaimMs"]?:
    | number
    | undefined;
};

/** Throws `bad-request` for a knob that is not a number above 0. */
export function withOverrides(timing: Timing, overrides: TimingOverrides): Timing {
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) if (!((value ?? 0) > 0)) throw new BadRequestError(`Cannot use gossip setting ${name}: ${value} is not above 0`);
  return { ...timing, ...Object.fromEntries(given) };
}
