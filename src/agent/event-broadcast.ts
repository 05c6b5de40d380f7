import { KvorumError } from "../base/errors.ts";
import type { Gossip } from "../gossip/index.ts";
import { EVENT_BYTES_MAX } from "./limits.ts";

/** Sends an event through a LAN pool, for `Event.Fire`. Throws `internal` in Consul's form when the pool does not take it. */
export function sendThroughPool(pool: Pick<Gossip, "fireEvent">, name: string, payload: Uint8Array): void {
  try {
    pool.fireEvent(name, payload);
  } catch (error) {
    if (!(error instanceof KvorumError)) throw error;
    const why = error.code === "bad-request" ? tooLong(Buffer.byteLength(name) + payload.length) : error.message;
    throw new KvorumError("internal", `1 error occurred:\n\t* error broadcasting event to segment "": ${why}\n\n`, { cause: error });
  }
}

function tooLong(bytes: number): string {
  return bytes > EVENT_BYTES_MAX
    ? `user event exceeds configured limit of ${EVENT_BYTES_MAX} bytes before encoding`
    : `encoded user event exceeds configured limit of ${EVENT_BYTES_MAX} bytes after encoding`;
}
