import { KvorumError } from "../base/errors.ts";
import type { RaftNode } from "./node.ts";
import type { RaftOptions } from "./options.ts";

/**
 * Loads what the disk holds, brings the state machine up to the newest snapshot and joins in.
 * Rejects with `corrupt` or `disk` when the disk cannot be trusted or read.
 */
export async function startRaft(options: RaftOptions): Promise<RaftNode> {
  throw new KvorumError("unavailable", `Cannot start raft on "${options.id}": the driver is being written`);
}
