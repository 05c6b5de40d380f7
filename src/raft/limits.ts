/** One tick at `raftMultiplier` 1, milliseconds: an election's spread of 50 ticks keeps candidates apart. */
export const TICK_MS = 10;
/**
 * Followers hear their leader so often, whatever the multiplier, as far as ticks allow: twice within the 200 ms of silence after which autopilot finds
 * a server unhealthy by default, and within the lease. More often would only cost processor time while nothing happens; Consul's hear every 50 to 100 ms.
 */
export const HEARTBEAT_MS = 100;
/** Timers of Node may come up to a millisecond before their time; a tick that came early would need a second timer. */
export const EARLY_TIMER_MS = 1;
/** Consul's own default. */
export const DEFAULT_MULTIPLIER = 5;

/** Proposals that wait to be appended or applied: beyond it clients are told to come later (the log in memory must stay bounded). */
export const MAX_WAITING_PROPOSALS = 16_384;
export const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** Proposals appended in one step: one append message carries them. */
export const MAX_BATCH = 1024;
/** While a write is under way, so many proposals are worth not waiting for its end. */
export const HOLD_BATCH = 256;

/** How long one turn may apply entries, milliseconds; then others get the loop. */
export const APPLY_SLICE_MS = 5;
/** Entries applied between looks at the clock. */
export const APPLY_LOOK = 32;

/** Snapshot after so many entries since the last. Consul keeps 16384; ours are cheap to take and the log is in memory. */
export const SNAPSHOT_ENTRIES = 8192;
/** Or after so many bytes of entries. */
export const SNAPSHOT_BYTES = 64 * 1024 * 1024;
/** Entries kept behind a snapshot, but not more bytes. Consul's `raft_trailing_logs`. */
export const TAIL_ENTRIES = 10_240;
export const TAIL_BYTES = 32 * 1024 * 1024;
/** After a snapshot that failed, milliseconds until the next attempt: a full disk is not to be written to without end. */
export const SNAPSHOT_RETRY_MS = 30_000;
/** Bytes asked of a stored snapshot at once while restoring. */
export const RESTORE_READ_BYTES = 256 * 1024;

/** A turn of the loop that is late by more than so many ticks is a stall: as long as the shortest election timeout. */
export const LOOP_STALL_TICKS = 50;
/** A disk write that takes more than so many ticks is a stall: as long as the longest election timeout. */
export const DISK_STALL_TICKS = 100;
/** A hand-over is waited for so many ticks: the hand-over's own limit, and an election. */
export const TRANSFER_TICKS = 250;
/** How long a change of membership waits for the one before it; a leader with its quorum commits one in milliseconds. */
export const CHANGE_WAIT_MS = 5_000;
