import type { KvClient, KvPair } from "../../client/index.ts";
import { pause } from "../pause.ts";
import { type Holder, LOCK_RETRY_MS, LOOK_WAIT, LockFault, watchWhile } from "./holder.ts";
import type { KeptSession } from "./kept-session.ts";

/** Marks keys that are locks; Consul's number, so that both kinds of client keep out of each other's way. */
const LOCK_FLAGS = 0x2ddccbc058a50c18n;

export interface HolderOptions {
  readonly kv: KvClient;
  readonly session: KeptSession;
  /** Errors 500 in a row that holding a lock survives. */
  readonly retries: number;
}

/** A lock on one key, for one holder at a time. Consul docs, leader election with sessions. */
export class Mutex implements Holder {
  readonly #key: string;
  readonly #kv: KvClient;
  readonly #session: KeptSession;
  readonly #retries: number;

  constructor(key: string, { kv, session, retries }: HolderOptions) {
    this.#key = key;
    this.#kv = kv;
    this.#session = session;
    this.#retries = retries;
  }

  async acquire(signal: AbortSignal): Promise<boolean> {
    let index: string | undefined;
    while (!signal.aborted) {
      const { value: pair, index: newest } = await this.#kv.get(this.#key, { signal, wait: LOOK_WAIT, ...(index === undefined ? {} : { index }) });
      if (pair !== undefined && pair.flags !== LOCK_FLAGS) throw new LockFault("Existing key does not match lock use");
      if (pair !== undefined && pair.session === this.#session.id) return true;
      if (pair !== undefined && pair.session !== "") {
        index = newest;
        continue;
      }
      if (await this.#kv.put(this.#key, "", { acquire: this.#session.id, flags: LOCK_FLAGS })) return true;
      index = undefined;
      if (!(await this.#heldByOther(signal))) await pause(LOCK_RETRY_MS, signal); // a lock-delay: nothing will change, so time must pass
    }
    return false;
  }

  lost(signal: AbortSignal): Promise<void> {
    const mine = (pair: KvPair | undefined): boolean => pair?.session === this.#session.id;
    return watchWhile((options) => this.#kv.get(this.#key, options), { holds: mine, retries: this.#retries, signal });
  }

  async release(): Promise<void> {
    await this.#kv.put(this.#key, "", { release: this.#session.id, flags: LOCK_FLAGS });
  }

  async cleanup(): Promise<boolean> {
    const { value: pair } = await this.#kv.get(this.#key);
    if (pair === undefined) return true;
    if (pair.flags !== LOCK_FLAGS) throw new LockFault("Existing key does not match lock use");
    return pair.session === "" && (await this.#kv.delete(this.#key, { cas: pair.modifyIndex }));
  }

  async #heldByOther(signal: AbortSignal): Promise<boolean> {
    const { value } = await this.#kv.get(this.#key, { signal });
    return value !== undefined && value.session !== "";
  }
}
