import { unreachable } from "../../../src/base/assert.ts";
import { type ByteString, byteStringToUtf8, utf8ToByteString } from "../../../src/base/byte-string.ts";
import type { Backend, KvEntry, KvWrite, ReadOptions, TxnOp } from "../../../src/model/index.ts";
import { ask } from "../ask.ts";
import { History } from "../checkers/history.ts";
import type { SimProcess } from "../engine/process.ts";
import type { SimRandom } from "../engine/random.ts";
import type { Scheduler } from "../engine/scheduler.ts";
import type { Seen, StoreHistory, StoreInput, StoreOperation, StoreOutput } from "./calls.ts";
import { PAIR } from "./store-rules.ts";

/** A server as clients see it. */
export interface Site {
  readonly name: string;
  readonly process: SimProcess | undefined;
  /** `undefined` while it is not ready. */
  readonly backend: Backend | undefined;
  readonly leads: boolean;
}

/** The node that sessions of clients are bound to: it has no check, so only its sessions' own rules end them. */
export const CLIENT_NODE = "clients";
const CALL_TIMEOUT_MS = 8_000;
export const WRITE = { datacenter: "", token: "" };

/** Makes calls and notes them. */
export class StoreClient {
  readonly history: StoreHistory = new History();
  readonly #scheduler: Scheduler;
  readonly #random: SimRandom;

  constructor(scheduler: Scheduler, random: SimRandom) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  async call(client: string, site: Site, input: StoreInput): Promise<StoreOperation> {
    const scheduler = this.#scheduler;
    const operation = this.history.begin({ client, server: site.name, input, nowMs: scheduler.now, stamp: scheduler.stamp() });
    scheduler.note(operation.invoked, () => `${client} ${site.name} ${JSON.stringify(input)}`);
    const { backend } = site;
    const answer = await ask(scheduler, {
      process: backend === undefined ? undefined : site.process,
      latencyMs: this.#random.between(0.05, 0.5),
      timeoutMs: CALL_TIMEOUT_MS + (input.kind === "watch" ? input.waitMs * 2 : 0),
      run: () => perform(backend, input),
    });
    operation.returned = scheduler.stamp();
    operation.returnedMs = scheduler.now;
    operation.outcome = answer.outcome;
    operation.output = answer.output;
    scheduler.note(
      operation.returned,
      () => `${client} ${site.name} ${JSON.stringify(input)} -> ${answer.outcome} ${JSON.stringify(answer.output)} ${answer.error?.message ?? ""}`,
    );
    return operation;
  }

  /** Registers what sessions are bound to; false when it did not work. */
  async prepare(site: Site): Promise<boolean> {
    const { backend, process } = site;
    if (backend === undefined) return false;
    const node = { id: "", node: CLIENT_NODE, address: "10.1.0.1", datacenter: "", taggedAddresses: undefined, meta: undefined };
    const registration = { node, skipNodeUpdate: false, service: undefined, checks: [] };
    const run = (): Promise<unknown> => backend.call("Catalog.Register", { registration, options: WRITE });
    const answer = await ask(this.#scheduler, { process, latencyMs: 0.2, timeoutMs: CALL_TIMEOUT_MS, run });
    return answer.outcome === "ok";
  }
}

async function perform(backend: Backend | undefined, input: StoreInput): Promise<StoreOutput> {
  if (backend === undefined) throw new Error("A call to a server that is not ready");
  switch (input.kind) {
    case "set":
      return write(backend, { verb: "set", key: key(input.key), value: Buffer.from(input.value), flags: 0n });
    case "delete":
      return write(backend, { verb: "delete", key: key(input.key) });
    case "cas":
      return write(backend, { verb: "cas", key: key(input.key), value: Buffer.from(input.value), flags: 0n, index: input.index });
    case "acquire":
      return write(backend, { verb: "lock", key: key(input.key), value: Buffer.from(input.value), flags: 0n, session: input.session });
    case "release":
      return write(backend, { verb: "unlock", key: key(input.key), value: Buffer.alloc(0), flags: 0n, session: input.session });
    case "get": {
      const { value, meta } = await backend.call("KV.Get", { key: key(input.key), options: reading({ consistency: input.mode }) });
      return { kind: "entry", entry: seen(value), index: meta.index };
    }
    case "watch": {
      const { value, meta } = await backend.call("KV.Get", { key: key(input.key), options: reading({ minIndex: input.minIndex, maxWaitMs: input.waitMs }) });
      return { kind: "entry", entry: seen(value), index: meta.index };
    }
    case "list": {
      const { value, meta } = await backend.call("KV.List", { prefix: key(input.prefix), options: reading({ consistency: "stale" }) });
      return { kind: "entries", entries: value.flatMap((entry) => seen(entry) ?? []), index: meta.index };
    }
    case "set-pair":
      return setPair(backend, input.value);
    case "get-pair": {
      const { value, meta } = await backend.call("KV.List", { prefix: key(`${PAIR}/`), options: reading({ consistency: input.mode }) });
      return { kind: "entry", entry: onePair(value), index: meta.index };
    }
    case "session-create":
    case "session-renew":
    case "session-destroy":
      return performSession(backend, input);
    default:
      return unreachable(input);
  }
}

async function performSession(backend: Backend, input: StoreInput & { readonly kind: `session-${string}` }): Promise<StoreOutput> {
  switch (input.kind) {
    case "session-create": {
      const session = {
        id: "",
        name: "",
        node: CLIENT_NODE,
        lockDelayNs: input.delayMs * 1e6,
        behavior: "release",
        ttl: `${input.ttlMs}ms`,
        nodeChecks: [],
        serviceChecks: undefined,
      } as const;
      return { kind: "session", id: await backend.call("Session.Create", { session, options: WRITE }) };
    }
    case "session-renew":
      return { kind: "session", id: (await backend.call("Session.Renew", { id: input.session, options: WRITE }))?.id };
    case "session-destroy":
      await backend.call("Session.Destroy", { id: input.session, options: WRITE });
      return { kind: "done", done: true };
    default:
      return unreachable(input);
  }
}

async function write(backend: Backend, body: KvWrite): Promise<StoreOutput> {
  return { kind: "done", done: await backend.call("KV.Apply", { write: body, options: WRITE }) };
}

async function setPair(backend: Backend, value: string): Promise<StoreOutput> {
  const one = (name: string): TxnOp => ({ kind: "kv", op: { verb: "set", key: key(`${PAIR}/${name}`), value: Buffer.from(value), flags: 0n } });
  const { errors } = await backend.call("Txn.Apply", { ops: [one("a"), one("b")], options: WRITE });
  if (errors.length > 0) throw new Error(`A transaction of two sets failed: ${JSON.stringify(errors)}`);
  return { kind: "done", done: true };
}

/** The two halves as one; a torn pair reads as what nobody ever wrote. */
function onePair(entries: readonly KvEntry[]): Seen | undefined {
  const [a, b] = entries.map(seen);
  if (a === undefined && b === undefined) return undefined;
  const value = a?.value === b?.value ? (a?.value ?? "") : `torn: ${a?.value} and ${b?.value}`;
  return { key: PAIR, value, session: "", modifyIndex: Math.max(a?.modifyIndex ?? 0, b?.modifyIndex ?? 0) };
}

function seen(entry: KvEntry | undefined): Seen | undefined {
  if (entry === undefined) return undefined;
  return { key: byteStringToUtf8(entry.key), value: byteStringToUtf8(entry.value), session: entry.session, modifyIndex: entry.modifyIndex };
}

function key(text: string): ByteString {
  return utf8ToByteString(text);
}

export function reading(some: Partial<ReadOptions>): ReadOptions {
  return { datacenter: "", token: "", consistency: "default", maxStaleMs: undefined, minIndex: 0, maxWaitMs: 0, filter: "", ...some };
}
