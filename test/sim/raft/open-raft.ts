import type { NodeId } from "../../../src/base/ids.ts";
import { type RaftNode, type RaftStorage, type RaftTransport, type StateMachine, startRaft } from "../../../src/raft/index.ts";
import type { SimProcess } from "../engine/process.ts";
import type { SimRandom } from "../engine/random.ts";
import type { Scheduler } from "../engine/scheduler.ts";
import { NO_METRICS, simLog } from "../ports/log.ts";

export interface SimRaftParts {
  readonly scheduler: Scheduler;
  readonly process: SimProcess;
  readonly id: NodeId;
  readonly random: SimRandom;
  readonly storage: RaftStorage;
  readonly transport: RaftTransport;
  readonly machine: StateMachine;
  readonly stopped: (why: string) => void;
}

/** Snapshots and short logs come often here, so that their ways cross with everything else. */
export function openSimRaft(parts: SimRaftParts): Promise<RaftNode> {
  const { scheduler, process, random } = parts;
  return startRaft({
    id: parts.id,
    storage: parts.storage,
    transport: parts.transport,
    machine: parts.machine,
    clock: process,
    random,
    log: simLog(scheduler, process).logger.named("raft"),
    metrics: NO_METRICS,
    raftMultiplier: 1,
    snapshotEntries: 40,
    tailEntries: 10,
    onDiskFailure: (error) => parts.stopped(error instanceof Error ? error.message : String(error)),
  });
}
