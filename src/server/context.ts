import { KvorumError } from "../base/errors.ts";
import type { Logger, Platform } from "../platform/index.ts";
import type { RaftNode } from "../raft/index.ts";
import type { Rpc } from "../rpc/index.ts";
import { type Bodies, type CommandType, encodeCommand, type Results, type StateStore } from "../state/index.ts";
import type { Leadership } from "./leadership.ts";
import type { LockDelays } from "./lock-delays.ts";
import type { Members } from "./members.ts";
import type { ServerMeters } from "./meters.ts";
import type { Pledges } from "./pledges.ts";
import type { PoolsPort, ServerSettings } from "./ports.ts";

/** What the endpoints and duties of one server share. */
export interface ServerContext {
  readonly settings: ServerSettings;
  readonly platform: Platform;
  readonly logger: Logger;
  readonly meters: ServerMeters;
  readonly raft: RaftNode;
  readonly rpc: Rpc;
  readonly state: StateStore;
  readonly leadership: Leadership;
  readonly lockDelays: LockDelays;
  readonly members: Members;
  readonly pledges: Pledges;
  readonly pools: PoolsPort;
}

/** Makes the command part of the log; resolves with what the state made of it. Rejects as `RaftNode.propose` does. */
export async function propose<T extends CommandType>(context: ServerContext, type: T, body: Bodies[T]): Promise<Results[T]> {
  // The machine of this raft group is the state, whose result for a command is in `Results`.
  return (await context.raft.propose(encodeCommand({ type, body }))) as Results[T];
}

type Done<T> = { readonly kind: "done"; readonly value: T } | { readonly kind: "refused"; readonly message: string };

/** The value of a write that went through. Throws `internal` with the store's text when it was refused: Consul answers 500. */
export function done<T>(outcome: Done<T>): T {
  if (outcome.kind === "refused") throw new KvorumError("internal", outcome.message);
  return outcome.value;
}
