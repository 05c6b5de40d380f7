import type { Index, NodeId } from "../base/ids.ts";
import type { Entry, HardState, SnapshotMeta } from "./core/types.ts";

/** What the disk held when it was opened. */
export interface StoredRaft {
  readonly hardState: HardState;
  /** The newest whole snapshot. */
  readonly snapshot: SnapshotMeta | undefined;
  /** Entries without a gap; the first is at most one after the snapshot's index. May begin before it (the tail for slow followers). */
  readonly entries: readonly Entry[];
}

export interface LogWrite {
  readonly hardState: HardState | undefined;
  /** Remove this entry and all behind it first. */
  readonly truncateFrom: Index | undefined;
  readonly entries: readonly Entry[];
}

/**
 * Log and hard state on stable storage. One caller, one `write` at a time.
 * After a rejected `write` the disk's state is unknown: the server must stop answering for it (close, or open anew).
 */
export interface RaftLog extends AsyncDisposable {
  /** Rejects with code `corrupt`, naming the file and what to do, when a record fails its checksum anywhere but in a torn tail. */
  load(): Promise<StoredRaft>;
  /** Resolves when all of it has been synced; all or nothing after a crash. Rejects with code `disk` when it cannot be written or synced. */
  write(batch: LogWrite): Promise<void>;
  /** Forgets entries up to and including `upTo`; need not be synced. */
  compact(upTo: Index): Promise<void>;
}

/** A snapshot being written: nothing can be seen of it before `commit` has resolved. */
export interface SnapshotSink {
  write(chunk: Uint8Array): Promise<void>;
  /** Syncs, gives it its name, removes older snapshots but the last `keep`. */
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/** Reads a stored snapshot; checksums are verified as it is read (rejects with code `corrupt`). */
export interface SnapshotSource {
  readonly meta: SnapshotMeta;
  readonly sizeBytes: number;
  /** At most `length` bytes from `offset`; empty at the end. */
  readAt(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface SnapshotStore {
  create(meta: SnapshotMeta): Promise<SnapshotSink>;
  /** The newest whole one. */
  latest(): Promise<SnapshotSource | undefined>;
}

/** Raft's storage as one thing that a node opens and a simulation replaces. */
export interface RaftStorage extends AsyncDisposable {
  readonly log: RaftLog;
  readonly snapshots: SnapshotStore;
}

/** Who carries messages between servers. Delivery is not promised; order within one connection is. */
export interface RaftTransport {
  /**
   * Sends without waiting. Messages that cannot be sent are dropped and `onUnreachable` is told. `message` is a `RaftMessage`, as is;
   * one object may be sent to several servers (it can be encoded once) and is never altered. `address` is empty when this server does
   * not know where `to` is (a new learner answers its first leader): then it goes out on a connection that `to` opened, or not at all.
   */
  send(to: NodeId, address: string, message: unknown): void;
  /**
   * Whoever handles what comes in; set once, before anything is sent. `onUnreachable` is told when a connection to that server was
   * refused or broke, whichever end opened it: that makes a fail-over quick. `message` is as it came off the wire; raft checks it.
   */
  receive(handler: (from: NodeId, message: unknown) => void, onUnreachable: (id: NodeId) => void): void;
}

/** What the entries drive. All calls come from the driver, one at a time, in log order. */
export interface StateMachine {
  /** Applies one command and gives its result, which goes to the proposer when it is on this server. Synchronous; throws only on bugs. */
  apply(index: Index, data: Uint8Array): unknown;
  /** Called after the last `apply` of a turn, before proposers hear: wakes watches once. */
  applied(upTo: Index): void;
  /** A view of the state as of the last `apply`, at once; it is written chunk by chunk later while `apply` goes on. */
  snapshot(): StateSnapshot;
  /** Replaces the whole state. `read` gives the snapshot's bytes in order, empty at the end. Yields the loop at least every 5 ms. When it rejects, the old state is still there. */
  restore(read: () => Promise<Uint8Array>, meta: SnapshotMeta): Promise<void>;
}

export interface StateSnapshot {
  /** Chunks of 64 KiB or so; each step takes at most 5 ms. */
  chunks(): Iterable<Uint8Array>;
  release(): void;
}
