import { join } from "node:path";
import { messageOf } from "../../base/errors.ts";
import type { Files } from "../../platform/index.ts";
import { CorruptError } from "../errors.ts";
import { recordStartsAfter, scanLogFile } from "./log-file.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { faultOfTable } from "./table-file.ts";

/** A write-ahead log whose last record is not whole. */
export interface TornLog {
  readonly path: string;
  readonly brokenAt: number;
  readonly sizeBytes: number;
}

export interface LevelCondition {
  /** Nothing was ever stored here. */
  readonly isNew: boolean;
  readonly torn: TornLog | undefined;
  /** The manifest's path when its end is not whole: LevelDB decides whether it can do without. */
  readonly tornManifest: string | undefined;
}

/** Furthest that a batch's number may lie ahead to be believed: larger than any batch has operations. */
const MAX_SEQUENCE_STEP = 1 << 24;

/**
 * Looks at LevelDB's files before LevelDB does, changing nothing: LevelDB itself skips what is damaged in its write-ahead
 * log, goes on behind it, and deletes the evidence. Rejects with code `corrupt` for everything but a torn end of the newest log.
 */
export async function inspectLevel(files: Files, folder: string): Promise<LevelCondition> {
  const names = await files.list(folder);
  const current = await files.read(join(folder, "CURRENT"));
  if (current === undefined) {
    const table = names.find((name) => /\.(ldb|sst|log)$/.test(name));
    if (table !== undefined) throw new CorruptError(join(folder, "CURRENT"), `it is missing while "${table}" is there`);
    return { isNew: true, torn: undefined, tornManifest: undefined };
  }
  const manifestPath = join(folder, manifestName(folder, current));
  const manifest = await inspectManifest(files, manifestPath);
  for (const [number, sizeBytes] of manifest.tables) await checkTableSize(files, folder, { number, sizeBytes });
  const torn = await inspectLogs(files, folder, { names, logNumber: manifest.logNumber });
  return { isNew: false, torn, tornManifest: manifest.isWhole ? undefined : manifestPath };
}

/** The path and fault of the first table that is damaged, if one is: reads every table whole. For explaining what was found already. */
export async function findDamagedTable(files: Files, folder: string): Promise<{ readonly path: string; readonly fault: string } | undefined> {
  for (const name of await files.list(folder)) {
    if (!/\.(ldb|sst)$/.test(name)) continue;
    const path = join(folder, name);
    const content = await files.read(path);
    const fault = content === undefined ? undefined : faultOfTable(content);
    if (fault !== undefined) return { path, fault };
  }
  return undefined;
}

function manifestName(folder: string, current: Buffer): string {
  const name = current.toString("latin1").trimEnd();
  if (!/^MANIFEST-\d+$/.test(name)) throw new CorruptError(join(folder, "CURRENT"), "it does not name a manifest");
  return name;
}

async function inspectManifest(files: Files, path: string): Promise<Manifest & { readonly isWhole: boolean }> {
  const content = await files.read(path);
  if (content === undefined) throw new CorruptError(path, "it is missing");
  const scan = scanLogFile(content);
  if (scan.brokenAt !== undefined && !recordStartsAfter(content, scan.brokenAt).next().done) {
    throw new CorruptError(path, `the record at byte ${scan.brokenAt} fails its checksum`);
  }
  if (scan.records.length === 0) throw new CorruptError(path, "it holds no whole record");
  try {
    return { ...readManifest(scan.records), isWhole: scan.brokenAt === undefined };
  } catch (error) {
    throw new CorruptError(path, messageOf(error), { cause: error });
  }
}

async function checkTableSize(files: Files, folder: string, table: { readonly number: number; readonly sizeBytes: number }): Promise<void> {
  const path = join(folder, `${String(table.number).padStart(6, "0")}.ldb`);
  const sizeBytes = await files.size(path);
  if (sizeBytes === table.sizeBytes) return;
  throw new CorruptError(path, sizeBytes === undefined ? "it is missing" : `it has ${sizeBytes} bytes in place of ${table.sizeBytes}`);
}

async function inspectLogs(
  files: Files,
  folder: string,
  from: { readonly names: readonly string[]; readonly logNumber: number },
): Promise<TornLog | undefined> {
  const numbers = from.names.flatMap((name) => /^(\d+)\.log$/.exec(name)?.[1] ?? []).map(Number);
  const live = numbers.filter((number) => number >= from.logNumber).sort((a, b) => a - b);
  if (from.logNumber > 0 && !live.includes(from.logNumber)) throw new CorruptError(logPath(folder, from.logNumber), "it is missing");
  let torn: TornLog | undefined;
  let sequence = 0;
  for (const number of live) {
    const path = logPath(folder, number);
    const content = (await files.read(path)) ?? Buffer.alloc(0);
    if (torn !== undefined) throw new CorruptError(torn.path, `the record at byte ${torn.brokenAt} is damaged, and later ones are in "${path}"`);
    const scan = scanLogFile(content);
    for (const record of scan.records) sequence = Math.max(sequence, endOfBatch(record));
    if (scan.brokenAt === undefined) continue;
    refuseDamageInTheMiddle(path, content, { brokenAt: scan.brokenAt, sequence });
    torn = { path, brokenAt: scan.brokenAt, sizeBytes: content.length };
  }
  return torn;
}

/** A later batch was begun only after the earlier one had been synced: if one follows, the broken record had been whole. */
function refuseDamageInTheMiddle(path: string, content: Buffer, broken: { readonly brokenAt: number; readonly sequence: number }): void {
  for (const start of recordStartsAfter(content, broken.brokenAt)) {
    const first = start.length >= 12 ? Number(start.readBigUInt64LE(0)) : 0;
    const isLater = first > broken.sequence && (broken.sequence === 0 || first < broken.sequence + MAX_SEQUENCE_STEP);
    if (isLater) throw new CorruptError(path, `the record at byte ${broken.brokenAt} is damaged, and later ones follow it`);
  }
}

/** The number of a batch's last operation: LevelDB begins each batch with its first one's number u64 and their count u32. */
function endOfBatch(record: Buffer): number {
  return record.length < 12 ? 0 : Number(record.readBigUInt64LE(0)) + record.readUInt32LE(8) - 1;
}

function logPath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(6, "0")}.log`);
}
