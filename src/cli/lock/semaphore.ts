import { isJsonObject, writeJson } from "../../base/json.ts";
import { JsonSyntaxError, parseWholeJson } from "../../base/json-parse.ts";
import type { KvClient, KvPair } from "../../client/index.ts";
import { pause } from "../pause.ts";
import { type Holder, LOCK_RETRY_MS, LOOK_WAIT, LockFault, watchWhile } from "./holder.ts";
import type { KeptSession } from "./kept-session.ts";
import type { HolderOptions } from "./mutex.ts";

/** Marks keys of semaphores; Consul's number. */
const SEMAPHORE_FLAGS = 0xe0f69a2baa414de0n;

/** What the key `PREFIX/.lock` holds. */
interface Seats {
  readonly limit: number;
  /** Ids of sessions. */
  readonly holders: readonly string[];
  /** 0 when there is no such key yet. */
  readonly modifyIndex: number;
}

/**
 * A semaphore under a prefix: each contender keeps a key of its own, bound to its session, and takes a seat in
 * `PREFIX/.lock` by check-and-set. Consul docs, semaphores with sessions.
 */
export class Semaphore implements Holder {
  readonly #prefix: string;
  readonly #limit: number;
  readonly #kv: KvClient;
  readonly #session: KeptSession;
  readonly #retries: number;

  constructor(prefix: string, limit: number, { kv, session, retries }: HolderOptions) {
    this.#prefix = prefix;
    this.#limit = limit;
    this.#kv = kv;
    this.#session = session;
    this.#retries = retries;
  }

  get #seatsKey(): string {
    return `${this.#prefix}/.lock`;
  }

  async acquire(signal: AbortSignal): Promise<boolean> {
    const contender = `${this.#prefix}/${this.#session.id}`;
    while (!(await this.#kv.put(contender, "", { acquire: this.#session.id, flags: SEMAPHORE_FLAGS }))) {
      await pause(LOCK_RETRY_MS, signal);
      if (signal.aborted) return false;
    }
    let index: string | undefined;
    while (!signal.aborted) {
      const { value: pairs, index: newest } = await this.#kv.list(`${this.#prefix}/`, { signal, wait: LOOK_WAIT, ...(index === undefined ? {} : { index }) });
      const seats = this.#read(pairs);
      if (seats.limit !== this.#limit) throw new LockFault(`semaphore limit conflict (lock: ${seats.limit}, local: ${this.#limit})`);
      const living = this.#living(seats, pairs);
      if (living.length >= seats.limit) index = newest;
      else if (await this.#write({ ...seats, holders: [...living, this.#session.id] })) return true;
      else index = undefined;
    }
    return false;
  }

  lost(signal: AbortSignal): Promise<void> {
    const mine = (pairs: readonly KvPair[]): boolean => {
      const seats = this.#read(pairs);
      return this.#living(seats, pairs).includes(this.#session.id);
    };
    return watchWhile((options) => this.#kv.list(`${this.#prefix}/`, options), { holds: mine, retries: this.#retries, signal });
  }

  async release(): Promise<void> {
    for (;;) {
      const { value: pair } = await this.#kv.get(this.#seatsKey);
      const seats = this.#read(pair === undefined ? [] : [pair]);
      if (!seats.holders.includes(this.#session.id)) break;
      if (await this.#write({ ...seats, holders: seats.holders.filter((id) => id !== this.#session.id) })) break;
    }
    await this.#kv.delete(`${this.#prefix}/${this.#session.id}`);
  }

  async cleanup(): Promise<boolean> {
    const { value: pairs } = await this.#kv.list(`${this.#prefix}/`);
    const pair = pairs.find(({ key }) => key === this.#seatsKey);
    if (pair === undefined) return true;
    if (this.#living(this.#read(pairs), pairs).length > 0) return false;
    return this.#kv.delete(this.#seatsKey, { cas: pair.modifyIndex });
  }

  #read(pairs: readonly KvPair[]): Seats {
    const pair = pairs.find(({ key }) => key === this.#seatsKey);
    if (pair === undefined) return { limit: this.#limit, holders: [], modifyIndex: 0 };
    if (pair.flags !== SEMAPHORE_FLAGS) throw new LockFault("Existing key does not match semaphore use");
    return { ...decodeSeats(pair.value.toString("utf8")), modifyIndex: pair.modifyIndex };
  }

  /** Those who have a seat and whose session still holds their key. */
  #living({ holders }: Seats, pairs: readonly KvPair[]): readonly string[] {
    const alive = new Set(pairs.filter(({ session }) => session !== "").map(({ session }) => session));
    return holders.filter((id) => alive.has(id));
  }

  #write({ limit, holders, modifyIndex }: Seats): Promise<boolean> {
    const text = writeJson({ Limit: limit, Holders: Object.fromEntries(holders.map((id) => [id, true])) });
    return this.#kv.put(this.#seatsKey, text, { cas: modifyIndex, flags: SEMAPHORE_FLAGS });
  }
}

function decodeSeats(text: string): Omit<Seats, "modifyIndex"> {
  try {
    const value = parseWholeJson(text);
    const holders = isJsonObject(value) ? value["Holders"] : undefined;
    const limit = isJsonObject(value) ? Number(value["Limit"]) : Number.NaN;
    if (!Number.isInteger(limit)) throw new LockFault("failed to read the semaphore's holders");
    return { limit, holders: isJsonObject(holders) ? Object.keys(holders).filter((id) => holders[id] === true) : [] };
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new LockFault(`failed to read the semaphore's holders: ${error.message}`);
    throw error;
  }
}
