import { KvorumError } from "../base/errors.ts";
import { asIndex, asTerm, type Index } from "../base/ids.ts";
import type { Clock } from "../platform/index.ts";
import { type Configuration, configurationFault, configurationOf, type Entry, fittingEntries, type SnapshotMeta } from "./core/index.ts";
import { reader } from "./installer.ts";
import { APPLY_LOOK, APPLY_SLICE_MS } from "./limits.ts";
import type { RaftStorage, StateMachine, StoredRaft } from "./ports.ts";
import { nextTurn } from "./turn.ts";

export interface RestoreOptions {
  readonly storage: RaftStorage;
  readonly machine: StateMachine;
  readonly clock: Clock;
}

/** What a server begins with: the disk's content, and the state machine as of `appliedIndex`. */
export interface Restored {
  readonly stored: StoredRaft;
  readonly snapshotBytes: number;
  readonly appliedIndex: Index;
}

/** Loads the log, drops what a crash left unfit, and brings the machine up to the newest snapshot. */
export async function restoreRaft({ storage, machine }: RestoreOptions): Promise<Restored> {
  const loaded = await storage.log.load();
  const { snapshot } = loaded;
  const entries = fittingEntries(loaded.entries, snapshot);
  const stored: StoredRaft = { ...loaded, entries };
  if (snapshot === undefined) return { stored, snapshotBytes: 0, appliedIndex: asIndex(0) };
  if (entries.length < loaded.entries.length) {
    const last = loaded.entries[loaded.entries.length - 1];
    if (last !== undefined && last.index > snapshot.index) {
      await storage.log.write({ hardState: undefined, truncateFrom: asIndex(snapshot.index + 1), entries: [] });
    }
    await storage.log.compact(snapshot.index);
  }
  const source = await storage.snapshots.latest();
  if (source === undefined || source.meta.index !== snapshot.index) {
    await source?.close();
    throw new KvorumError("corrupt", `Cannot restore the state: the log goes on behind a snapshot at ${snapshot.index}, which is not there`);
  }
  try {
    await machine.restore(reader(source), snapshot);
    return { stored, snapshotBytes: source.sizeBytes, appliedIndex: snapshot.index };
  } finally {
    await source.close();
  }
}

/**
 * Gives a server a new configuration by force, for a cluster that lost its quorum: takes everything in its log for committed,
 * stores a snapshot of that with `configuration`, and cuts the log behind it. What other servers had acknowledged and this one has not
 * got is lost; what this one has got and was never committed comes true. All servers of the new configuration must be recovered so,
 * while none of them runs. Safe to run again after a crash.
 *
 * Rejects with `conflict` when there is nothing to recover, `bad-request` when the configuration is no good.
 */
export async function recoverRaft(options: RestoreOptions & { readonly configuration: Configuration }): Promise<Restored> {
  const { storage, machine } = options;
  const fault = configurationFault(options.configuration.servers);
  if (fault !== undefined) throw new KvorumError("bad-request", `Cannot recover: ${fault}`);
  const { stored, appliedIndex } = await restoreRaft(options);
  const meta = recoveredMeta(stored, options.configuration);
  if (meta === undefined) throw new KvorumError("conflict", "Cannot recover: this server has no log and no snapshot");
  await applyAll(options, stored.entries, appliedIndex);
  machine.applied(meta.index);
  const snapshotBytes = await storeSnapshot(options, meta);
  await storage.log.compact(meta.index);
  return { stored: { hardState: stored.hardState, snapshot: meta, entries: [] }, snapshotBytes, appliedIndex: meta.index };
}

/** What a recovery from this disk stands for; `undefined` when the disk is empty. */
export function recoveredMeta(stored: StoredRaft, configuration: Configuration): SnapshotMeta | undefined {
  const last = stored.entries[stored.entries.length - 1] ?? stored.snapshot;
  if (last === undefined) return undefined;
  const { index, term } = last;
  return { index, term: asTerm(term), configuration: configurationOf(configuration.servers), configurationIndex: index };
}

async function applyAll({ machine, clock }: RestoreOptions, entries: readonly Entry[], after: Index): Promise<void> {
  let start = clock.now();
  for (const [at, entry] of entries.entries()) {
    if (entry.kind === "command" && entry.index > after) machine.apply(entry.index, entry.data);
    if (at % APPLY_LOOK !== 0 || clock.now() - start < APPLY_SLICE_MS) continue;
    await nextTurn(clock);
    start = clock.now();
  }
}

async function storeSnapshot({ storage, machine }: RestoreOptions, meta: SnapshotMeta): Promise<number> {
  const view = machine.snapshot();
  const sink = await storage.snapshots.create(meta);
  let bytes = 0;
  try {
    for (const chunk of view.chunks()) {
      bytes += chunk.length;
      await sink.write(chunk);
    }
    await sink.commit();
    return bytes;
  } catch (error) {
    await sink.abort().catch(() => {}); // the first failure is the one to tell
    throw error;
  } finally {
    view.release();
  }
}
