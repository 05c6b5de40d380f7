import { KvorumError } from "../base/errors.ts";
import { Scope } from "../base/scope.ts";
import type { Platform } from "../platform/index.ts";
import { type Configuration, type RaftStorage, recoverRaft, type ServerEntry, type StoredRaft } from "../raft/index.ts";
import { StateHub } from "../server/index.ts";
import { configurationOf, forgetPeersFile, openDataFolder, openLevel, readPeersFile } from "../storage/index.ts";

export interface RecoveryOptions {
  readonly platform: Pick<Platform, "clock" | "files" | "log" | "random">;
  /** The data directory of a server that does not run. */
  readonly folder: string;
  /** `ip:port` at which this server will be called; empty: where it was last. */
  readonly address: string;
}

/** What a recovery would do, before it is done. */
export interface RecoveryPlan {
  readonly id: string;
  /** The servers as the log has them. */
  readonly before: readonly ServerEntry[];
  /** The servers from then on: this one alone, as a voter. */
  readonly after: readonly ServerEntry[];
  /** The last entry that this server has. All before it stays; some of it may never have been acknowledged to anybody. */
  readonly lastIndex: number;
  readonly lastTerm: number;
  /** What is given up, in sentences for the operator. */
  readonly losses: readonly string[];
}

/** Looks at a data directory and says what `recover` would make of it. Changes nothing. Rejects with `disk`, `corrupt`, and `conflict` when it is empty. */
export function planRecovery(options: RecoveryOptions): Promise<RecoveryPlan> {
  return recovering(options, async ({ plan }) => plan);
}

/**
 * Makes this server the only one of its cluster, for one that lost its quorum for good. Others join anew with empty data
 * directories. Rejects as `planRecovery` does.
 */
export function recover(options: RecoveryOptions): Promise<RecoveryPlan> {
  return recovering(options, async ({ plan, storage }) => {
    const { clock, files } = options.platform;
    await recoverRaft({ storage, machine: new StateHub({ clock }).state, clock, configuration: { servers: plan.after } });
    await forgetPeersFile(files, options.folder);
    return plan;
  });
}

/** The configuration that `peers.json` orders; `undefined` when there is no such file. Rejects with `config` when it is at fault. */
export async function orderedConfiguration(at: {
  readonly files: Platform["files"];
  readonly folder: string;
  readonly storage: RaftStorage;
}): Promise<Configuration | undefined> {
  const file = at.folder === "" ? undefined : await readPeersFile(at.files, at.folder);
  return file === undefined ? undefined : configurationOf(file, lastConfiguration(await at.storage.log.load()));
}

/** The newest configuration in log or snapshot. */
export function lastConfiguration({ entries, snapshot }: StoredRaft): Configuration {
  for (let at = entries.length - 1; at >= 0; at--) {
    const entry = entries[at];
    if (entry?.kind === "config") return entry.configuration;
  }
  return snapshot?.configuration ?? { servers: [] };
}

interface Found {
  readonly plan: RecoveryPlan;
  readonly storage: Awaited<ReturnType<typeof openLevel>>;
}

async function recovering(options: RecoveryOptions, run: (found: Found) => Promise<RecoveryPlan>): Promise<RecoveryPlan> {
  await using scope = new Scope();
  const data = scope.use(await openDataFolder({ platform: options.platform, folder: options.folder }));
  const id = await data.nodeId(undefined);
  const storage = scope.use(await openLevel({ platform: options.platform, folder: options.folder }));
  // Awaited here, or the scope would close first.
  return await run({ plan: planFor(id, await storage.log.load(), options), storage });
}

function planFor(id: ServerEntry["id"], stored: StoredRaft, { folder, address }: RecoveryOptions): RecoveryPlan {
  const before = lastConfiguration(stored).servers;
  const own = before.find((server) => server.id === id);
  const last = stored.entries[stored.entries.length - 1] ?? stored.snapshot;
  if (last === undefined) throw new KvorumError("conflict", `Cannot recover from "${folder}": this server has no log`);
  const at = address === "" ? own?.address : address;
  if (at === undefined) throw new KvorumError("bad-request", `Cannot recover from "${folder}": the log does not know this server; give its address`);
  const others = before.filter((server) => server.id !== id);
  return {
    id,
    before,
    after: [{ id, address: at, suffrage: "voter", name: own?.name ?? "" }],
    lastIndex: last.index,
    lastTerm: last.term,
    losses: [
      `Writes that other servers acknowledged after index ${last.index} (term ${last.term}) are lost`,
      `Writes up to index ${last.index} that were never acknowledged to anybody come true`,
      ...others.map(
        (server) => `Server "${server.name}" (${server.id}, ${server.address}) is no member any more; it must come back with an empty data directory`,
      ),
    ],
  };
}
