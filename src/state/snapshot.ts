import type { TreeView } from "../base/cow-tree.ts";
import { KvorumError } from "../base/errors.ts";
import { snapshotChunkBytes } from "./limits.ts";
import { bytes, list, plain, record, type Shape, text, whole } from "./shape.ts";
import { autopilotShape, checkShape, coordinateShape, nodeShape, queryShape, removalShape, serviceShape, sessionShape } from "./shapes.ts";
import { decodeKv, type RecordKind, RecordReader, SNAPSHOT_FORMAT, type SnapshotRecord } from "./snapshot-format.ts";
import { ChunkWriter } from "./snapshot-writer.ts";
import { AUTOPILOT_KEY } from "./tables/autopilot.ts";
import { insertCheck } from "./tables/checks.ts";
import { insertCoordinate } from "./tables/coordinates.ts";
import { insertNode } from "./tables/nodes.ts";
import { insertQuery } from "./tables/queries.ts";
import { insertRemoval } from "./tables/removals.ts";
import { insertService } from "./tables/services.ts";
import { insertSession } from "./tables/sessions.ts";
import { compound, type Tables } from "./tables/tables.ts";

/** The state as of one moment, to be written while it goes on changing. What raft's `StateSnapshot` port asks for. */
export interface StateSnapshot {
  /** Pieces of 64 KiB or so (more where a single row is larger), each made in a millisecond or two. */
  chunks(): Iterable<Uint8Array>;
  /** Lets go of the old nodes; `chunks` ends then. */
  release(): void;
}

interface Header {
  readonly format: number;
  /** Of the last command in it. */
  readonly index: number;
  /** How far the state's indexes are ahead of raft's: see `StateStore`. */
  readonly ahead: number;
}
interface Staged {
  readonly id: string;
  readonly bytes: Uint8Array;
}
/** Records of one kind: writes one a step. */
interface Section {
  readonly write: (to: ChunkWriter) => Iterable<unknown>;
}
const headerShape = record<Header>({ format: whole, index: whole, ahead: (value, path) => (value === undefined ? 0 : whole(value, path)) });
const formatShape = record<Pick<Header, "format">>({ format: whole });
const stagedShape = record<Staged>({ id: text, bytes });
const endShape = record<{ readonly records: number }>({ records: whole });

/** Takes the roots, at once. */
export function takeSnapshot(tables: Tables, at: { readonly index: number; readonly ahead: number; readonly staged: readonly Staged[] }): StateSnapshot {
  const { index, ahead, staged } = at;
  let sections: readonly Section[] | undefined = [...freeze(tables), { write: (to) => writeEach(staged, (piece) => to.add("staged", piece)) }];
  return {
    *chunks() {
      const writer = new ChunkWriter();
      writer.add("header", { format: SNAPSHOT_FORMAT, index, ahead } satisfies Header);
      for (const { write } of sections ?? []) {
        for (const _ of write(writer)) {
          if (sections === undefined) return;
          if (writer.size >= snapshotChunkBytes) yield writer.take();
        }
      }
      writer.add("end", { records: writer.records });
      yield writer.take();
    },
    release() {
      sections = undefined;
    },
  };
}

function freeze(tables: Tables): readonly Section[] {
  const values = (kind: RecordKind, tree: TreeView<unknown>): Section => ({ write: (to) => writeRows(tree, (_, row) => to.add(kind, row)) });
  const pairs = (kind: RecordKind, tree: TreeView<number>): Section => ({ write: (to) => writeRows(tree, (key, index) => to.add(kind, [key, index])) });
  const entries = tables.kv.freeze();
  return [
    pairs("indexes", tables.indexes.freeze()),
    values("nodes", tables.nodes.freeze()),
    values("services", tables.services.freeze()),
    values("checks", tables.checks.freeze()),
    values("sessions", tables.sessions.freeze()),
    values("queries", tables.queries.freeze()),
    values("coordinates", tables.coordinates.freeze()),
    values("autopilot", tables.autopilot.freeze()),
    pairs("tombstones", tables.tombstones.freeze()),
    values("removals", tables.removals.freeze()),
    { write: (to) => writeRows(entries, (_, entry) => to.addKv(entry)) },
  ];
}

function writeRows<V>(tree: TreeView<V>, write: (key: string, row: V) => void): Generator<undefined> {
  return writeEach(tree.entries(), ([key, row]) => write(key, row));
}

/** One a step, so that whoever steps can stop between any two. */
function* writeEach<T>(rows: Iterable<T>, write: (row: T) => void): Generator<undefined> {
  for (const row of rows) {
    write(row);
    yield;
  }
}

/** What each record does to tables that are being built. */
const LOADERS: { readonly [K in Exclude<RecordKind, "header" | "staged" | "end">]: (tables: Tables, value: unknown) => void } = {
  indexes: (tables, value) => tables.indexes.set(...pair(value)),
  nodes: (tables, value) => insertNode(tables, nodeShape(value, "node")),
  services: (tables, value) => insertService(tables, serviceShape(value, "service")),
  checks: (tables, value) => insertCheck(tables, checkShape(value, "check")),
  sessions: (tables, value) => insertSession(tables, sessionShape(value, "session")),
  queries: (tables, value) => insertQuery(tables, queryShape(value, "query")),
  coordinates: (tables, value) => insertCoordinate(tables, coordinateShape(value, "coordinate")),
  autopilot: (tables, value) => tables.autopilot.set(AUTOPILOT_KEY, autopilotShape(value, "autopilot")),
  tombstones: (tables, value) => tables.tombstones.set(...pair(value)),
  removals: (tables, value) => insertRemoval(tables, removalShape(value, "removal")),
  kv: (tables, value) => {
    const entry = decodeKv(bytes(value, "kv"));
    tables.kv.set(entry.key, entry);
    if (entry.session !== "") tables.locks.set(compound(entry.session, entry.key), entry.key);
  },
};

/** Builds tables from the records of a snapshot, one by one. Throws `KvorumError` with code `corrupt`. */
export class SnapshotLoader {
  readonly #tables: Tables;
  #records = 0;
  #header: Header | undefined;
  /** Pieces of a restore that was under way. */
  readonly staged: Staged[] = [];
  #ended = false;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  take({ kind, value }: SnapshotRecord): void {
    if (this.#ended) throw corrupt("bytes after its end");
    if ((kind === "header") !== (this.#records === 0)) throw corrupt("its header is not at its beginning");
    this.#records += 1;
    if (kind === "header") this.#header = checkHeader(value);
    else if (kind === "staged") this.staged.push(stagedShape(value, "staged"));
    else if (kind === "end") this.#end(value);
    else LOADERS[kind](this.#tables, value);
  }

  /** When all has been read: what stands at its beginning. */
  finish(pendingBytes: number): Header {
    if (!this.#ended || pendingBytes > 0 || this.#header === undefined) throw corrupt("it is cut short");
    return this.#header;
  }

  #end(value: unknown): void {
    const { records } = endShape(value, "end");
    if (records !== this.#records - 1) throw corrupt(`it has ${this.#records - 1} records of ${records}`);
    this.#ended = true;
  }
}

export interface SnapshotSummary {
  /** Index of the last command in it. */
  readonly index: number;
  readonly format: number;
  /** In the order in which they stand. */
  readonly kinds: readonly { readonly kind: RecordKind; readonly count: number; readonly sizeBytes: number }[];
  readonly sizeBytes: number;
}

/** Counts what is in a snapshot, without building it. Throws `KvorumError` with code `corrupt`. */
export async function inspectSnapshot(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<SnapshotSummary> {
  const kinds = new Map<RecordKind, { count: number; sizeBytes: number }>();
  const reader = new RecordReader();
  let header: Header | undefined;
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    for (const { kind, value, sizeBytes: size } of reader.push(chunk)) {
      if (kind === "header") header = checkHeader(value);
      const sum = kinds.get(kind) ?? { count: 0, sizeBytes: 0 };
      kinds.set(kind, { count: sum.count + 1, sizeBytes: sum.sizeBytes + size });
      sizeBytes += size;
    }
  }
  if (header === undefined || !kinds.has("end") || reader.pendingBytes > 0) throw corrupt("it is cut short");
  return { ...header, kinds: [...kinds].map(([kind, sum]) => ({ kind, ...sum })), sizeBytes };
}

function checkHeader(value: unknown): Header {
  // First of all: what else stands in a newer header is not for us to judge.
  const { format } = formatShape(value, "header");
  if (format > SNAPSHOT_FORMAT) throw corrupt(`its format ${format} is newer than ${SNAPSHOT_FORMAT}`);
  return headerShape(value, "header");
}

const pairShape: Shape<readonly unknown[]> = list(plain);

function pair(value: unknown): [string, number] {
  const cells = pairShape(value, "pair");
  return [text(cells[0], "pair.key"), whole(cells[1], "pair.index")];
}

function corrupt(why: string): KvorumError {
  return new KvorumError("corrupt", `Cannot read snapshot: ${why}`);
}
