/**
 * Codes of operating errors. They cross RPC as they are; `http/errors.ts` gives each its status. Append only.
 *
 * - `bad-request`: the input is at fault; the message names the field
 * - `permission-denied`, `not-found`, `method-not-allowed`, `conflict`, `too-large`, `too-many-requests`
 * - `no-leader`: no leader is known, or it was lost; nothing was done
 * - `not-leader`: asked of a server that is not (any longer) the leader; nothing was done
 * - `leadership-lost`: the leader lost its office while the write was on its way: it may have happened or not
 * - `timeout`: not answered in time: a write may have happened or not
 * - `unavailable`: cannot be reached, or closing; nothing was done
 * - `unknown-datacenter`: no path to the datacenter named
 * - `disk`: the data directory refuses reads or writes
 * - `corrupt`: stored data fails its checksum or its shape
 * - `config`: a configuration source is at fault
 * - `internal`: what Consul answers 500 with its own wording
 */
export type ErrorCode =
  | "bad-request"
  | "permission-denied"
  | "not-found"
  | "method-not-allowed"
  | "conflict"
  | "too-large"
  | "too-many-requests"
  | "no-leader"
  | "not-leader"
  | "leadership-lost"
  | "timeout"
  | "unavailable"
  | "unknown-datacenter"
  | "disk"
  | "corrupt"
  | "config"
  | "internal";

/** An operating error: something outside Kvorum is as it should not be. Has a code that survives RPC. */
export class KvorumError extends Error {
  override readonly name: string = "KvorumError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** No leader is known. The text is Consul's. */
export class NoLeaderError extends KvorumError {
  override readonly name = "NoLeaderError";
  constructor(message = "No cluster leader") {
    super("no-leader", message);
  }
}

export class BadRequestError extends KvorumError {
  override readonly name = "BadRequestError";
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super("bad-request", message, options);
  }
}

/** What a caught value says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
