import { RaftDriver } from "./driver.ts";
import type { RaftNode } from "./node.ts";
import type { RaftOptions } from "./options.ts";
import { recoverRaft, restoreRaft } from "./recover.ts";

/**
 * Loads what the disk holds, brings the state machine up to the newest snapshot and joins in.
 * Rejects with `corrupt` or `disk` when the disk cannot be trusted or read; with `recover` also as `recoverRaft` does.
 */
export async function startRaft(options: RaftOptions): Promise<RaftNode> {
  const { storage, machine, clock, log, metrics, recover } = options;
  const restore = metrics.counter("raft.restore", "Times the state was restored from a snapshot at the start");
  const from = { storage, machine, clock };
  const restored = recover === undefined ? await restoreRaft(from) : await recoverRaft({ ...from, configuration: recover });
  if (restored.appliedIndex > 0) {
    restore.add(1);
    log.info(recover === undefined ? "State restored" : "Recovered with a new configuration", { index: restored.appliedIndex, bytes: restored.snapshotBytes });
  }
  return new RaftDriver(options, restored);
}
