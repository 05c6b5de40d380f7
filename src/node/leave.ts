import { KvorumError, messageOf } from "../base/errors.ts";
import type { Backend } from "../model/index.ts";
import type { Clock, Logger } from "../platform/index.ts";
import type { RaftNode } from "../raft/index.ts";
import { LEAVE_STEP_MS } from "./limits.ts";
import type { Pools } from "./options.ts";

interface LeavingServer {
  readonly raft: RaftNode;
  readonly backend: Backend;
  readonly pools: Pools | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Hands the leadership over when this server has it. */
  readonly handOver: () => Promise<void>;
  /** `performance.leave_drain_time`. */
  readonly drainMs: number;
}

/**
 * Takes a server out of its cluster: another one leads, the pools hear goodbye, raft's configuration is without it (unless nobody else would be
 * left in it), and who was being served is let finish. No step holds up the next.
 */
export async function leaveAsServer({ raft, backend, pools, clock, logger, handOver, drainMs }: LeavingServer): Promise<void> {
  const step = async (what: string, run: () => Promise<void>): Promise<void> => {
    try {
      await within(clock, LEAVE_STEP_MS, run());
    } catch (error) {
      logger.warn(`${what} while leaving`, { error: messageOf(error) });
    }
  };
  await step("Leadership was not handed over", handOver);
  // First the pools, or the leader would take this server, alive and no member of raft, in again.
  await leavePools(pools);
  await step("Not taken out of raft's configuration", () => leaveRaft(raft, backend));
  if (pools !== undefined) await new Promise<void>((resolve) => clock.after(drainMs, resolve));
}

/** Tells the pools goodbye. Does not reject. */
export async function leavePools(pools: Pools | undefined): Promise<void> {
  await Promise.all([pools?.wan?.leave(), pools?.lan.leave()]);
}

/** The leader may have been quicker, since it hears in the pool who leaves. */
async function leaveRaft(raft: RaftNode, backend: Backend): Promise<void> {
  const { id, configuration } = raft.status();
  const others = configuration.servers.filter((server) => server.id !== id && server.suffrage === "voter");
  if (others.length === 0 || !configuration.servers.some((server) => server.id === id)) return;
  try {
    await backend.call("Operator.RaftRemovePeer", { id, address: "", options: { datacenter: "", token: "" } });
  } catch (error) {
    if (!(error instanceof KvorumError) || !/was not found in the Raft configuration/.test(error.message)) throw error;
  }
}

function within(clock: Clock, ms: number, run: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(ms, () => reject(new KvorumError("timeout", `Not done within ${ms} ms`)));
    run.then(resolve, reject).finally(() => timer[Symbol.dispose]());
  });
}
