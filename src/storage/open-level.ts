import { copyFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { KvorumError, messageOf } from "../base/errors.ts";
import type { Files, Platform } from "../platform/index.ts";
import type { RaftStorage } from "../raft/index.ts";
import { CorruptError } from "./errors.ts";
import { findDamagedTable, inspectLevel, type LevelCondition } from "./level/inspect.ts";
import { LevelLog } from "./level-log.ts";
import { CACHE_BYTES, WRITE_BUFFER_BYTES } from "./limits.ts";
import type { LogDatabase } from "./log-options.ts";
import { FileSnapshotStore } from "./snapshot-store.ts";
import { SyncedMark } from "./synced-mark.ts";

export interface LevelOptions {
  readonly platform: Pick<Platform, "files" | "log"> & Partial<Pick<Platform, "metrics">>;
  /** The data directory, taken before by `openDataFolder`. */
  readonly folder: string;
}

/**
 * Opens raft's storage below `<folder>/raft`: `log/` (LevelDB), `synced` (see `SyncedMark`) and `snapshots/`.
 * Rejects with code `corrupt` when files were lost or damaged, and `disk` when they cannot be opened or are in use.
 * Content is verified by `log.load()`.
 */
export async function openLevel(options: LevelOptions): Promise<RaftStorage> {
  const { files, log } = options.platform;
  const logger = log.logger.named("storage");
  const raftFolder = join(options.folder, "raft");
  const logFolder = join(raftFolder, "log");
  const markPath = join(raftFolder, "synced");
  await files.makeFolder(logFolder);

  const condition = await inspectLevel(files, logFolder);
  if (condition.isNew && ((await files.size(markPath)) ?? 0) > 0) throw new CorruptError(logFolder, "it is empty, but there was a log in it");
  const rescued = await rescue(condition, raftFolder);
  const snapshots = await FileSnapshotStore.open({ files, folder: join(raftFolder, "snapshots"), logger });
  const used = options.platform.metrics?.gauge(
    "raft.storage.disk_bytes",
    "Bytes that LevelDB's files of the raft log take, as of the last start or cut of the log",
  );
  const measure = async (): Promise<void> => used?.set(await sizeOfFolder(files, logFolder));
  await measure();
  const database = await openDatabase(logFolder, condition);
  const { mark, sequence } = await SyncedMark.open(markPath).catch(async (error: unknown) => {
    await database.close();
    throw new KvorumError("disk", `Cannot open "${markPath}": ${messageOf(error)}`, { cause: error });
  });

  const blame = async (fault: string, cause?: unknown): Promise<KvorumError> => {
    const table = await findDamagedTable(files, logFolder).catch(() => undefined); // the fault itself is reported all the same
    if (table !== undefined) return new CorruptError(table.path, `${table.fault}, and ${fault}`, { cause });
    const kept = rescued === undefined ? "" : ` (the write-ahead log as it was found is kept in "${rescued}")`;
    return new CorruptError(condition.torn?.path ?? logFolder, `${fault}${kept}`, { cause });
  };
  const levelLog = new LevelLog({
    database,
    folder: logFolder,
    mark,
    markedSequence: sequence,
    snapshots: snapshots.metas,
    logger,
    blame,
    onSpaceChanged: measure,
  });
  return {
    log: {
      load: async () => {
        const stored = await levelLog.load();
        if (condition.torn !== undefined && rescued !== undefined) {
          const { path, brokenAt, sizeBytes } = condition.torn;
          logger.warn("Dropped a torn write at the end of the log; nothing in it had been acknowledged", { file: path, bytes: sizeBytes - brokenAt });
          await files.remove(rescued);
        }
        return stored;
      },
      write: (batch) => levelLog.write(batch),
      compact: (upTo) => levelLog.compact(upTo),
      [Symbol.asyncDispose]: () => levelLog[Symbol.asyncDispose](),
    },
    snapshots,
    [Symbol.asyncDispose]: () => levelLog[Symbol.asyncDispose](),
  };
}

/** Keeps a log with a broken end as it is, for LevelDB will rewrite it before anyone knows whether something of worth was lost. */
async function rescue(condition: LevelCondition, raftFolder: string): Promise<string | undefined> {
  if (condition.torn === undefined) return undefined;
  const copy = join(raftFolder, `torn-${basename(condition.torn.path)}`);
  await copyFile(condition.torn.path, copy).catch((error: unknown) => {
    throw new KvorumError("disk", `Cannot keep a copy of "${condition.torn?.path}": ${messageOf(error)}`, { cause: error });
  });
  return copy;
}

async function openDatabase(folder: string, condition: LevelCondition): Promise<LogDatabase> {
  const { Level } = await import("level"); // a dev agent, which keeps its log in memory, starts sooner without it
  const database = new Level<Buffer, Buffer>(folder, {
    keyEncoding: "buffer",
    valueEncoding: "buffer",
    createIfMissing: condition.isNew,
    compression: false, // what is stored is small or compressed already; the processor has better things to do
    writeBufferSize: WRITE_BUFFER_BYTES,
    cacheSize: CACHE_BYTES,
  });
  try {
    await database.open();
    return database;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "LEVEL_CORRUPTION") throw new CorruptError(condition.tornManifest ?? folder, messageOf(cause), { cause });
    const reason = code === "LEVEL_LOCKED" ? "another process uses it" : messageOf(cause);
    throw new KvorumError("disk", `Cannot open the raft log in "${folder}": ${reason}`, { cause });
  }
}

async function sizeOfFolder(files: Files, folder: string): Promise<number> {
  let sizeBytes = 0;
  for (const name of await files.list(folder)) sizeBytes += (await files.size(join(folder, name))) ?? 0;
  return sizeBytes;
}
