import { KvorumError } from "../../base/errors.ts";
import { type Indexed, type KvReadOptions, StatusError } from "../../client/index.ts";
import { pause } from "../pause.ts";

/** Something of which only so many may be had at a time. */
export interface Holder {
  /** Waits for its turn. False: `signal` was aborted before. Throws `LockFault` and errors of the client. */
  acquire(signal: AbortSignal): Promise<boolean>;
  /** Resolves when what was acquired is lost, or `signal` is aborted. */
  lost(signal: AbortSignal): Promise<void>;
  release(): Promise<void>;
  /** Removes what is left in the store. False: somebody else uses it. */
  cleanup(): Promise<boolean>;
}

/** What the store holds forbids the lock, for good. The text is Consul's. */
export class LockFault extends KvorumError {
  override readonly name = "LockFault";
  constructor(message: string) {
    super("conflict", message);
  }
}

/** The longest wait of one look. */
export const LOOK_WAIT = "15s";
/** Between attempts that a lock-delay forbids. As Consul's client. */
export const LOCK_RETRY_MS = 5_000;
const MONITOR_RETRY_MS = 1_000;

/**
 * Looks again and again, at each change, until `holds` says no; errors 500 are borne `retries` times in a row, any other
 * ends it. Resolves then, and when `signal` is aborted.
 */
export async function watchWhile<T>(
  look: (options: KvReadOptions) => Promise<Indexed<T>>,
  { holds, retries, signal }: { readonly holds: (value: T) => boolean; readonly retries: number; readonly signal: AbortSignal },
): Promise<void> {
  let index: string | undefined;
  let left = retries;
  while (!signal.aborted) {
    try {
      const seen = await look({ signal, consistent: true, wait: LOOK_WAIT, ...(index === undefined ? {} : { index }) });
      if (!holds(seen.value)) return;
      index = seen.index;
      left = retries;
    } catch (error) {
      if (signal.aborted || !(error instanceof KvorumError)) return;
      const passing = !(error instanceof StatusError) || error.status >= 500;
      if (!passing || left <= 0) return;
      left -= 1;
      index = undefined;
      await pause(MONITOR_RETRY_MS, signal);
    }
  }
}
