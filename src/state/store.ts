import { assert } from "../base/assert.ts";
import type { AutopilotConfig, TxnAnswer, TxnOp } from "../model/index.ts";
import { APPLIERS, NEVER_HALF_DONE, type TableCommandType } from "./appliers.ts";
import { decodeCommand } from "./command-codec.ts";
import type { Bodies, Command, CommandType, RestoreStep, Results } from "./commands.ts";
import type { StateEvent } from "./events.ts";
import { hashChunks } from "./hash.ts";
import { type Indexed, indexed } from "./indexed.ts";
import { restoreRowsPerTurn } from "./limits.ts";
import { DONE, Refusal } from "./outcome.ts";
import type { Reading } from "./reading.ts";
import { SnapshotLoader, type StateSnapshot, takeSnapshot } from "./snapshot.ts";
import { RecordReader } from "./snapshot-format.ts";
import { Staging } from "./staging.ts";
import { readAutopilot } from "./tables/autopilot.ts";
import { CatalogReader } from "./tables/catalog-reader.ts";
import { CoordinateReader } from "./tables/coordinates.ts";
import { DumpReader } from "./tables/dump-reader.ts";
import { HealthReader } from "./tables/health-reader.ts";
import { KvReader } from "./tables/kv-reader.ts";
import { QueryReader } from "./tables/queries.ts";
import { oldestRemoval } from "./tables/removals.ts";
import { SessionReader } from "./tables/sessions.ts";
import { Tables } from "./tables/tables.ts";
import { WriteTx } from "./tx.ts";
import { isRead, runTxn } from "./txn.ts";
import { WatchHub, type WatchSet } from "./watch.ts";

export interface StateStoreOptions {
  /** Called by `apply` after a command has been committed, when there is something to tell. Must not throw. */
  readonly onEvents?: (events: readonly StateEvent[]) => void;
  /** Lets the loop turn; awaited by `restore` every millisecond or two of work. */
  readonly pause: () => Promise<void>;
}

/** The replicated state and raft's `StateMachine`. One writer (raft's driver); readers run in between, in the same thread, and never wait. */
export class StateStore implements Reading {
  readonly kv = new KvReader(this);
  readonly sessions = new SessionReader(this);
  readonly catalog = new CatalogReader(this);
  readonly health = new HealthReader(this);
  readonly dump = new DumpReader(this);
  readonly queries = new QueryReader(this);
  readonly coordinates = new CoordinateReader(this);
  /** For the readers of this room. */
  readonly hub = new WatchHub();
  readonly #options: StateStoreOptions;
  #tables = new Tables();
  #lastIndex = 0;
  /** Indexes never go back, also when a state is restored that was further on than this log: from then on they run ahead of raft's by so much. */
  #ahead = 0;
  #staging: Staging | undefined;
  #generation = 0;

  constructor(options: StateStoreOptions) {
    this.#options = options;
  }

  /** For the readers of this room: another object after a restore. */
  get tables(): Tables {
    return this.#tables;
  }

  /** Grows when the state is replaced by another one: what was read before says nothing about what is there now. */
  get generation(): number {
    return this.#generation;
  }

  /** The id of a restore that has begun and not ended. */
  get restoring(): string | undefined {
    return this.#staging?.id;
  }

  /** Index of the last command applied, 0 at first. */
  get lastIndex(): number {
    return this.#lastIndex;
  }

  autopilot(watch?: WatchSet): Indexed<AutopilotConfig | undefined> {
    return readAutopilot(this, watch);
  }

  /** When the oldest removal that is kept in mind was made, in milliseconds since 1970. */
  oldestRemoval(): number | undefined {
    return oldestRemoval(this.#tables);
  }

  /** A transaction of reads only. Its index is that of the state. */
  readTxn(ops: readonly TxnOp[]): Indexed<TxnAnswer> {
    assert(ops.every(isRead), "a read-only transaction does not write");
    return indexed(this.#lastIndex, runTxn(new WriteTx(this.#tables, this.#lastIndex), ops));
  }

  /**
   * Applies one command and gives its result, one of `Results`. Throws `BugError` for a command that this version does not know, and
   * `KvorumError` with code `corrupt` for one that cannot be read: the log is not to be followed any further then.
   */
  apply(raftIndex: number, data: Uint8Array): unknown {
    const index = raftIndex + this.#ahead;
    assert(index > this.#lastIndex, "commands are applied once each, in order");
    this.#lastIndex = index;
    const command = decodeCommand(data);
    if (command === undefined) return undefined;
    return command.type === "restore" ? this.#restoreStep(command.body) : this.#run(index, command);
  }

  /** Wakes, once each, whoever waits for something that changed. */
  applied(_upTo: number): void {
    this.hub.flush();
  }

  /** The roots as of the last `apply`, at once. */
  snapshot(): StateSnapshot {
    const staging = this.#staging;
    // The first, empty one stands for the beginning alone.
    const staged = staging === undefined ? [] : [new Uint8Array(0), ...staging.chunks].map((bytes) => ({ id: staging.id, bytes }));
    return takeSnapshot(this.#tables, { index: this.#lastIndex, ahead: this.#ahead, staged });
  }

  /**
   * Builds a second state beside this one, then puts it in its place and wakes everybody who waits. Until then, and for good when it rejects
   * (`corrupt`), the old one stands.
   */
  async restore(read: () => Promise<Uint8Array>, meta: { readonly index: number }): Promise<void> {
    const tables = new Tables();
    const loader = new SnapshotLoader(tables);
    const reader = new RecordReader();
    let rows = 0;
    for (let chunk = await read(); chunk.length > 0; chunk = await read()) {
      for (const row of reader.push(chunk)) {
        loader.take(row);
        if (++rows % restoreRowsPerTurn === 0) await this.#options.pause();
      }
    }
    this.#ahead = loader.finish(reader.pendingBytes).ahead;
    this.#lastIndex = meta.index + this.#ahead;
    this.#staging = await this.#stagedAgain(loader);
    this.#replace(tables);
    this.hub.flush();
  }

  /** A text that is equal on two stores exactly if their states are (but for chance). Walks all of it: for tests. */
  stateHash(): string {
    return hashChunks(takeSnapshot(this.#tables, { index: 0, ahead: 0, staged: [] }).chunks());
  }

  async #stagedAgain(loader: SnapshotLoader): Promise<Staging | undefined> {
    let staging: Staging | undefined;
    for (const { id, bytes } of loader.staged) {
      staging ??= new Staging(id);
      if (bytes.length > 0) staging.take(staging.chunks.length, bytes);
      await this.#options.pause();
    }
    return staging;
  }

  #replace(tables: Tables): void {
    this.#tables = tables;
    this.#generation += 1;
    this.hub.abandon();
    this.#options.onEvents?.([{ kind: "restored" }]);
  }

  #restoreStep(step: RestoreStep): Results["restore"] {
    if (step.step === "begin") {
      this.#staging = new Staging(step.id);
      return DONE;
    }
    const staging = this.#staging;
    if (staging?.id !== step.id) return step.step === "abort" ? DONE : { kind: "refused", message: "Cannot restore: another restore has begun since" };
    try {
      if (step.step === "chunk") staging.take(step.number, step.bytes);
      else if (step.step === "commit") this.#commitRestore(staging, step.chunks);
      if (step.step !== "chunk") this.#staging = undefined;
      return DONE;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#staging = undefined;
      return { kind: "refused", message: error.message };
    }
  }

  #commitRestore(staging: Staging, chunks: number): void {
    const { tables, index } = staging.finish(chunks);
    if (index >= this.#lastIndex) {
      this.#ahead += index + 1 - this.#lastIndex;
      this.#lastIndex = index + 1;
    }
    this.#replace(tables);
  }

  #run<T extends TableCommandType>(index: number, command: Command<T>): Results[T] | { readonly kind: "refused"; readonly message: string } {
    const tx = new WriteTx(this.#tables, index);
    const point = NEVER_HALF_DONE.has(command.type) ? undefined : this.#tables.save();
    const result = attempt(tx, command);
    if (isFailure(result)) {
      if (point !== undefined) this.#tables.rollBack(point);
      return result;
    }
    tx.commit(this.hub);
    if (tx.events.length > 0) this.#options.onEvents?.(tx.events);
    return result;
  }
}

function attempt<T extends TableCommandType>(tx: WriteTx, command: Command<T>): Results[T] | { readonly kind: "refused"; readonly message: string } {
  try {
    const applier: (tx: WriteTx, body: Bodies[T]) => Results[T] = APPLIERS[command.type];
    return applier(tx, command.body);
  } catch (error) {
    if (error instanceof Refusal) return { kind: "refused", message: error.message };
    throw error;
  }
}

/** A refusal, or a transaction with errors: all that it did is to be undone. */
function isFailure(result: Results[CommandType]): boolean {
  return "errors" in result ? result.errors.length > 0 : result.kind === "refused";
}
