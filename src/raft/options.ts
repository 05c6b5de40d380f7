import type { NodeId } from "../base/ids.ts";
import type { Clock, Logger, Metrics, Random } from "../platform/index.ts";
import type { Configuration } from "./core/types.ts";
import type { RaftStorage, RaftTransport, StateMachine } from "./ports.ts";

/** What a server's part in raft is made of. The caller owns storage, transport and machine and closes them after the node. */
export interface RaftOptions {
  readonly id: NodeId;
  readonly storage: RaftStorage;
  readonly transport: RaftTransport;
  readonly machine: StateMachine;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Stretches the times of raft: election 500 to 1000 ms, withholding 250 ms, lease 200 ms, times this; a heartbeat goes every 100 ms, or every tick of 10 ms times this. Default 5, as Consul's. */
  readonly raftMultiplier?: number;
  /** Snapshot after so many entries since the last. Consul's `raft_snapshot_threshold`. Default `SNAPSHOT_ENTRIES`. */
  readonly snapshotEntries?: number;
  /** Entries kept behind a snapshot for slow followers. Consul's `raft_trailing_logs`. Default `TAIL_ENTRIES`. */
  readonly tailEntries?: number;
  /** Loses the quorum's word and starts with this configuration: see `recoverRaft`, which is done first. */
  readonly recover?: Configuration | undefined;
  /** Told once when the disk failed: the node has stopped leading and answers everything with code `disk`. */
  readonly onDiskFailure?: (error: unknown) => void;
}
