import { KvorumError } from "../base/errors.ts";
import { Later } from "../base/later.ts";
import { FilterCache } from "../filter/index.ts";
import type { Read, ReadMeta, ReadOptions, RequestOf, ResponseOf } from "../model/index.ts";
import type { Clock } from "../platform/index.ts";
import type { RaftNode } from "../raft/index.ts";
import type { Rpc } from "../rpc/index.ts";
import type { Indexed, StateStore, WatchSet } from "../state/index.ts";
import type { BlockingQueries } from "./blocking.ts";
import { Cancel, type OnCancel } from "./cancel.ts";
import { READS, type ReadMethodName, type ValueOf } from "./endpoints/reads.ts";
import { knowsSelections, selectionOf } from "./endpoints/select.ts";
import type { Forwarder } from "./forward.ts";
import type { Leadership } from "./leadership.ts";
import { forwardTimeoutMs, maxWaitMs } from "./limits.ts";
import type { ServerMeters } from "./meters.ts";
import { SharedReads } from "./shared-reads.ts";

const ON_LEADER = { lastContactMs: 0, knownLeader: true } as const;

export interface ReadsOptions {
  readonly state: StateStore;
  readonly raft: RaftNode;
  readonly rpc: Rpc;
  readonly clock: Clock;
  readonly leadership: Leadership;
  readonly forwarder: Forwarder;
  readonly blocking: BlockingQueries;
  readonly meters: ServerMeters;
}

/**
 * Who answers a read, and when. Consul api-docs, consistency modes:
 * `default`: the leader by its lease, or after asking its quorum; `consistent`: the leader after asking its quorum;
 * `stale`: this server, with the time since it last heard from the leader, unless that is above `maxStaleMs`.
 */
export class Reads {
  readonly #with: ReadsOptions;
  readonly #filters = new FilterCache();
  readonly #shared: SharedReads;

  constructor(options: ReadsOptions) {
    this.#with = options;
    this.#shared = new SharedReads(options.state);
  }

  /** `forwarded`: another server asks, believing that this one leads; it is not sent on. */
  answer<M extends ReadMethodName>(method: M, request: RequestOf<M>, onCancel: OnCancel, forwarded: boolean): Promise<ResponseOf<M>> {
    this.#with.meters.query.add(1);
    // What comes out is the method's own `Read`: its value was given by the method's own reader.
    return this.#route(this.#callOf(method, request, onCancel, forwarded)) as Promise<ResponseOf<M>>;
  }

  /**
   * The same without a promise, where this server may answer by itself and need not ask its quorum: now, or when what it waits for has changed.
   * `undefined` when that is not so.
   */
  look<M extends ReadMethodName>(method: M, request: RequestOf<M>, onCancel: OnCancel): ResponseOf<M> | Later<ResponseOf<M>> | undefined {
    const call = this.#callOf(method, request, onCancel, false);
    const { consistency, minIndex } = call.options;
    if (consistency === "consistent" || (consistency === "stale" ? !this.#freshEnough(call.options) : !this.#leads())) return undefined;
    const { blocking, meters } = this.#with;
    meters.query.add(1);
    const told = consistency === "stale" ? this.#toldStale : toldByLeader;
    const result = blocking.now(minIndex, call.read);
    // As above.
    return (result === undefined ? this.#later(call, told) : told(result)) as ResponseOf<M> | Later<ResponseOf<M>>;
  }

  /** Makes sure that this server may answer for the leader. Rejects with `not-leader` and `no-leader`. */
  async asLeader(consistent: boolean): Promise<void> {
    const { raft, leadership, clock, meters } = this.#with;
    if (!leadership.isLeader) throw new KvorumError("not-leader", "Not the leader");
    if (!consistent && raft.holdsLease()) return;
    const began = clock.now();
    await raft.readBarrier();
    meters.consistentRead.observe(clock.now() - began);
  }

  /** What this server, leader or not, knows of the leader. */
  contact(): Omit<ReadMeta, "index"> {
    const { leadership, raft } = this.#with;
    if (leadership.isLeader) return ON_LEADER;
    return { lastContactMs: Math.floor(raft.status().lastContactMs ?? Number.MAX_SAFE_INTEGER), knownLeader: leadership.view.leader !== undefined };
  }

  #callOf<M extends ReadMethodName>(method: M, request: RequestOf<M>, onCancel: OnCancel, forwarded: boolean): RoutedRead<M> {
    const asked: ReadOptions = (request as { readonly options: ReadOptions }).options;
    // A transaction of reads does not wait.
    const options = method === "Txn.Read" ? { ...asked, minIndex: 0 } : asked;
    const found = (watch?: WatchSet): Indexed<ValueOf<M>> => READS[method](this.#with.state, request, watch);
    const alone = knowsSelections(method) ? selected(found, () => selectionOf(method, request, this.#filters)) : found;
    return { method, request, options, read: this.#shared.share({ method, request, options }, alone), onCancel, forwarded };
  }

  /** Whether this server may answer for the leader at once. */
  #leads(): boolean {
    return this.#with.leadership.isLeader && this.#with.raft.holdsLease();
  }

  /** Whether what is here is as new as a stale read wants it. */
  #freshEnough({ maxStaleMs }: ReadOptions): boolean {
    return maxStaleMs === undefined || this.contact().lastContactMs <= maxStaleMs;
  }

  async #route<M extends ReadMethodName>(call: RoutedRead<M>): Promise<Read<ValueOf<M>>> {
    if (call.options.consistency === "stale" && this.#freshEnough(call.options)) return this.#stale(call);
    if (call.forwarded) return this.#leading(call, call.options, call.onCancel);
    const { clock, forwarder, rpc, blocking } = this.#with;
    // The common case goes without the forwarder's bookkeeping: this server leads and need not wait.
    if (call.options.consistency !== "consistent" && this.#leads()) {
      const result = blocking.now(call.options.minIndex, call.read);
      if (result !== undefined) return toldByLeader(result);
    }
    const cancel = new Cancel();
    call.onCancel?.(cancel.fire);
    const began = clock.now();
    const left = (): ReadOptions => this.#leftOf(call.options, clock.now() - began);
    return forwarder.run({
      here: () => this.#leading(call, left(), cancel.onCancel),
      there: async (leader, onCancel) => {
        const options = left();
        const request = { ...call.request, options };
        const timeoutMs = options.minIndex === 0 ? forwardTimeoutMs : options.maxWaitMs * 1.1 + forwardTimeoutMs;
        return (await rpc.call(leader, call.method, request as RequestOf<M>, { timeoutMs, onCancel })) as Read<ValueOf<M>>;
      },
      reads: true,
      cancel,
    });
  }

  /** After a change of leader the client waits no longer than it wanted to. */
  #leftOf(options: ReadOptions, passedMs: number): ReadOptions {
    if (options.minIndex === 0) return options;
    const wanted = options.maxWaitMs === 0 ? this.#with.blocking.defaultWaitMs : Math.min(maxWaitMs, options.maxWaitMs);
    // 0 would stand for the default.
    return { ...options, consistency: options.consistency === "stale" ? "default" : options.consistency, maxWaitMs: Math.max(1, Math.ceil(wanted - passedMs)) };
  }

  async #leading<M extends ReadMethodName>(call: RoutedRead<M>, options: ReadOptions, onCancel: OnCancel): Promise<Read<ValueOf<M>>> {
    const consistent = options.consistency === "consistent";
    await this.asLeader(consistent);
    let result = this.#with.blocking.now(options.minIndex, call.read);
    if (result === undefined) {
      result = await this.#wait(call, options, onCancel, true).promise();
      await this.asLeader(consistent);
    }
    return toldByLeader(result);
  }

  async #stale<M extends ReadMethodName>(call: RoutedRead<M>): Promise<Read<ValueOf<M>>> {
    return this.#toldStale(this.#with.blocking.now(call.options.minIndex, call.read) ?? (await this.#wait(call, call.options, call.onCancel, false).promise()));
  }

  readonly #toldStale = <T>(result: Indexed<T>): Read<T> => {
    const { lastContactMs, knownLeader } = this.contact();
    const shownMs = lastContactMs === Number.MAX_SAFE_INTEGER ? 0 : lastContactMs;
    return { value: result.value, meta: { index: shownIndex(result), lastContactMs: shownMs, knownLeader } };
  };

  /** Waits here. When it turns out that this server may not answer any more, the rest of the time is waited in the ordinary way, wherever that leads. */
  #later<M extends ReadMethodName>(call: RoutedRead<M>, told: (result: Indexed<ValueOf<M>>) => Read<ValueOf<M>>): Later<Read<ValueOf<M>>> {
    const { clock } = this.#with;
    const stale = call.options.consistency === "stale";
    const began = clock.now();
    const later = new Later<Read<ValueOf<M>>>();
    const elsewhere = (): void => {
      this.#route({ ...call, options: this.#leftOf(call.options, clock.now() - began) }).then(later.settle, later.fail);
    };
    this.#wait(call, call.options, call.onCancel, !stale).on(
      (result) => {
        if (stale || this.#leads()) later.settle(told(result));
        else elsewhere();
      },
      (error) => {
        if (error instanceof KvorumError && error.code === "not-leader") elsewhere();
        else later.fail(error);
      },
    );
    return later;
  }

  #wait<M extends ReadMethodName>(call: RoutedRead<M>, options: ReadOptions, onCancel: OnCancel, ofLeader: boolean): Later<Indexed<ValueOf<M>>> {
    const { blocking } = this.#with;
    return blocking.wait({ minIndex: options.minIndex, waitMs: blocking.waitMs(options), ofLeader, read: call.read, onCancel });
  }
}

function toldByLeader<T>(result: Indexed<T>): Read<T> {
  return { value: result.value, meta: { index: shownIndex(result), ...ON_LEADER } };
}

/** The index that the client is told. */
function shownIndex({ index, shown }: Indexed<unknown>): number {
  return shown ?? index;
}

/** Whoever answers compiles the selection, at the first look, and finds what is wrong with it; a server that passes the read on does not. */
function selected<T>(read: (watch?: WatchSet) => Indexed<T>, compile: () => ((value: T) => T) | undefined): (watch?: WatchSet) => Indexed<T> {
  let compiled: { readonly select: ((value: T) => T) | undefined } | undefined;
  return (watch) => {
    compiled ??= { select: compile() };
    const found = read(watch);
    return compiled.select === undefined ? found : { ...found, value: compiled.select(found.value) };
  };
}

interface RoutedRead<M extends ReadMethodName> {
  readonly method: M;
  readonly request: RequestOf<M>;
  readonly options: ReadOptions;
  readonly read: (watch?: WatchSet) => Indexed<ValueOf<M>>;
  readonly onCancel: OnCancel;
  readonly forwarded: boolean;
}
