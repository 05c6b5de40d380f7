import { KvorumError } from "../base/errors.ts";
import type { Gossip } from "../gossip/index.ts";

/** Sends an event through a LAN pool, for `Event.Fire`. Throws `internal` in Consul's form when the pool does not take it. */
export function sendThroughPool(pool: Pick<Gossip, "fireEvent">, name: string, payload: Uint8Array): void {
  try {
    pool.fireEvent(name, payload);
  } catch (error) {
    if (!(error instanceof KvorumError)) throw error;
    throw new KvorumError("internal", `1 error occurred:\n\t* error broadcasting event to segment "": ${error.message}\n\n`, { cause: error });
  }
}
