import { assert } from "../../base/assert.ts";
import { asIndex, type Index, type NodeId, type Term } from "../../base/ids.ts";
import type { Leadership } from "./leadership.ts";
import { EntryLog } from "./log.ts";
import { ConfigurationHistory, countVoters, isVoter } from "./membership.ts";
import type { RaftCoreOptions, RaftTiming } from "./options.ts";
import { Outbox } from "./outbox.ts";
import type { Entry, HardState, Role, SnapshotMeta } from "./types.ts";
import type { Votes } from "./votes.ts";

export interface StoredSnapshot {
  readonly meta: SnapshotMeta;
  readonly sizeBytes: number;
}

/** An incoming snapshot. */
export interface Receiving {
  readonly from: NodeId;
  readonly meta: SnapshotMeta;
  readonly sizeBytes: number;
  /** Bytes taken in order, and bytes that are written. */
  taken: number;
  written: number;
  /** All of it was taken: it is being written to its end and restored. */
  complete: boolean;
}

/** What all rules of the core share: raft paper, figure 2, and the clocks counted in ticks. The rules live beside it, one file each. */
export class CoreState {
  readonly id: NodeId;
  readonly timing: RaftTiming;
  readonly random: (below: number) => number;
  readonly tail: { readonly entries: number; readonly bytes: number };
  readonly log: EntryLog;
  readonly configs: ConfigurationHistory;
  readonly out: Outbox;

  term: Term;
  votedFor: NodeId | undefined;
  role: Role = "follower";
  leader: NodeId | undefined;
  commit: Index;
  snapshot: StoredSnapshot | undefined;

  /** Ticks, a late one counted once: for elections and the leader's check of its quorum. */
  ticks = 0;
  /** Ticks by the clock, late ones in full: for the lease. */
  time = 0;
  electionElapsed = 0;
  electionTimeout = 0;
  /** Counted ticks since a leader was last heard. Below `withholdTicks` no vote is given. */
  silence: number;
  /** Set when the connection to the leader broke: the silence after which an election may begin. */
  brokenAfter: number | undefined;
  /** `sent` of the newest heartbeat of this term's leader. */
  heardSent = -1;

  /** Of a candidate or pre-candidate. */
  votes: Votes | undefined;
  /** Of a leader, and only of a leader. */
  lead: Leadership | undefined;
  /** A snapshot that comes in. */
  receiving: Receiving | undefined;
  /** Resigned: does nothing any more. */
  halted = false;

  constructor(options: RaftCoreOptions) {
    const { stored } = options;
    this.id = options.id;
    this.timing = options.timing;
    this.random = options.random;
    this.tail = options.tail;
    this.term = stored.hardState.term;
    this.votedFor = stored.hardState.votedFor;
    const meta = stored.snapshot?.meta;
    const { entries } = stored;
    assert(fittingEntries(entries, meta).length === entries.length, "the log fits the snapshot");
    this.log = new EntryLog(entries, meta);
    this.configs = new ConfigurationHistory(meta, entries);
    this.out = new Outbox(this.log.lastIndex);
    if (meta !== undefined) this.out.stableAt(meta.index);
    this.snapshot = stored.snapshot;
    this.commit = meta?.index ?? asIndex(0);
    // Before a crash it may have confirmed a leader's lease: it withholds its vote as if it had just heard that leader.
    this.silence = this.log.lastIndex > 0 && !this.soleVoter ? 0 : this.timing.withholdTicks;
    this.resetElectionTimer();
  }

  get hardState(): HardState {
    return { term: this.term, votedFor: this.votedFor };
  }

  get isVoter(): boolean {
    return isVoter(this.configs.current, this.id);
  }

  /**
   * Thesis §4.2.2: who is no voter by a configuration that is not committed may still have to win an election, since nobody else
   * has that entry; its own vote does not count then.
   */
  get mayCampaign(): boolean {
    return this.isVoter || (this.configs.currentIndex > this.commit && isVoter(this.configs.previous, this.id));
  }

  get soleVoter(): boolean {
    return this.isVoter && countVoters(this.configs.current) === 1;
  }

  /** Whether some leader's lease may run: no vote for anybody then. Thesis §6.4.1, §4.2.3. */
  get withholding(): boolean {
    return this.role === "leader" || this.silence < this.timing.withholdTicks;
  }

  /** Raft paper §5.2: a fresh random timeout for every round. */
  resetElectionTimer(): void {
    this.electionElapsed = 0;
    this.electionTimeout = this.timing.electionTicks + this.random(this.timing.electionTicks);
  }
}

/** The entries, or none: a log that ends before the snapshot or disagrees with it is of no use (the crash came between the two). */
export function fittingEntries(entries: readonly Entry[], snapshot: SnapshotMeta | undefined): readonly Entry[] {
  const first = entries[0];
  const last = entries[entries.length - 1];
  if (snapshot === undefined || first === undefined || last === undefined) return entries;
  if (first.index === snapshot.index + 1) return entries;
  return entries[snapshot.index - first.index]?.term === snapshot.term ? entries : [];
}
