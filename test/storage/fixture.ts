import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asIndex, asNodeId, asTerm } from "../../src/base/ids.ts";
import { Scope } from "../../src/base/scope.ts";
import { type RealPlatform, realPlatform } from "../../src/platform/index.ts";
import type { Entry, LogWrite, RaftStorage, SnapshotMeta, StoredRaft } from "../../src/raft/index.ts";
import { openLevel } from "../../src/storage/index.ts";

/** A folder that goes away with the test, and a platform whose log lines are kept. */
export class Bench implements AsyncDisposable {
  readonly folder: string;
  readonly lines: string[] = [];
  readonly platform: RealPlatform;
  readonly #scope = new Scope();

  private constructor(folder: string) {
    this.folder = folder;
    this.platform = realPlatform(this.#scope, { log: { level: "debug", write: (text) => void this.lines.push(text) } });
  }

  static async create(): Promise<Bench> {
    return new Bench(await mkdtemp(join(tmpdir(), "kvorum-storage-")));
  }

  get logFolder(): string {
    return join(this.folder, "raft", "log");
  }

  open(folder = this.folder): Promise<RaftStorage> {
    return openLevel({ platform: this.platform, folder });
  }

  /** What a server that starts now would find. */
  async found(folder = this.folder): Promise<StoredRaft> {
    await using storage = await this.open(folder);
    return await storage.log.load();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scope[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export function command(index: number, term = 1, sizeBytes = 100): Entry {
  const data = Buffer.alloc(sizeBytes, `${term}.${index} `);
  return { kind: "command", index: asIndex(index), term: asTerm(term), data };
}

export function commands(from: number, to: number, term = 1, sizeBytes = 100): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, at) => command(from + at, term, sizeBytes));
}

export function hardState(term: number, votedFor?: string) {
  return { term: asTerm(term), votedFor: votedFor === undefined ? undefined : asNodeId(votedFor) };
}

export function batch(entries: readonly Entry[], rest: Partial<LogWrite> = {}): LogWrite {
  return { hardState: undefined, truncateFrom: undefined, entries, ...rest };
}

export function metaAt(index: number, term = 1): SnapshotMeta {
  const server = { id: asNodeId("a"), address: "127.0.0.1:8300", suffrage: "voter", name: "n1" } as const;
  return { index: asIndex(index), term: asTerm(term), configuration: { servers: [server] }, configurationIndex: asIndex(1) };
}

export async function saveSnapshot(storage: RaftStorage, meta: SnapshotMeta, content: Uint8Array = Buffer.from("state")): Promise<void> {
  const sink = await storage.snapshots.create(meta);
  await sink.write(content);
  await sink.commit();
}

export function assertEntries(actual: readonly Entry[], expected: readonly Entry[], note = ""): void {
  assert.deepEqual(actual.map(plain), expected.map(plain), note);
}

/** Numbers of one seed (mulberry32). */
export function chanceOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

function plain(entry: Entry): string {
  const body = entry.kind === "command" ? Buffer.from(entry.data).toString("base64") : entry.kind === "config" ? JSON.stringify(entry.configuration) : "";
  return `${entry.kind} ${entry.term} ${entry.index} ${body}`;
}
