/** Blocking queries waiting at a time: ten thousand are the design's aim; beyond this the answer is 429. */
export const maxWaiters = 131_072;
/** How long one turn of the loop may answer blocking queries that one change woke, milliseconds, and how many are answered between looks at the clock. */
export const wakeSliceMs = 5;
export const wakeLook = 16;
/** Consul waits 5 minutes when a blocking query says nothing, and 10 at most. */
export const defaultWaitMs = 300_000;
export const maxWaitMs = 600_000;
/** A wait is spread by up to this part of it, so that clients that began together do not come back together. Consul's jitter. */
export const waitJitterFraction = 16;
/** How long a call waits for a leader to appear. Consul's `rpc_hold_timeout`. */
export const defaultHoldMs = 7_000;
/** Pause before a call that met a change of leader is tried again, at most; the exact one is chosen at random. */
export const retryPauseMs = 100;
/** How long a write waits for the answer of a leader after another one is known: its answer may have been sent already. */
export const movedGraceMs = 500;
/** How long a forwarded call may take beyond its own wait. */
export const forwardTimeoutMs = 30_000;
/** Sessions outlive their TTL up to this many times: renewals may be late. Consul's multiplier. */
export const ttlMultiplier = 2;
export const defaultSessionTtlMinMs = 10_000;
export const sessionTtlMaxMs = 24 * 3_600_000;
/** How long the leader gathers coordinates before it writes them, how many it writes at a time, and how many it keeps. Consul's numbers. */
export const coordinatePeriodMs = 5_000;
export const coordinateBatch = 128;
export const maxCoordinates = 640 * 64;
/** Attempts to end a session whose TTL ran out, and the pause after the first; doubled each time. Consul's numbers. */
export const maxInvalidateAttempts = 6;
export const invalidateRetryMs = 10_000;
/** Deletes stay visible to watchers of their prefix so long, collected in steps. Consul's tombstone TTL and granularity. */
export const tombstoneTtlMs = 15 * 60_000;
export const tombstoneGranularityMs = 30_000;
/** A removal from the catalog is kept in mind so long: an agent that is away for longer is forgotten by the pool too (`deadAfterMs`). */
export const removalTtlMs = 72 * 3_600_000;
/** How often the leader looks for older ones. */
export const removalLookMs = 3_600_000;
/** How often the leader compares the servers it knows with the catalog. Consul's reconcile interval. */
export const reconcileIntervalMs = 60_000;
/** In any half minute the leader lets at most this share of the members fail in the catalog, but always so many: what falls silent all at once is mostly back soon. */
export const massFailedShare = 0.25;
export const massFailedLeast = 8;
export const massFailedWindowMs = 30_000;
/** How often it looks whether a server went silent: a share of `failedAfterMs`. */
export const memberCheckMs = 1_000;
/** A server out of contact for so long counts as failed: what Consul's gossip needs to notice it on a LAN, or so. */
export const failedAfterMs = 10_000;
/** A failed server is removed by autopilot on its own only after this, serf's `reconnect_timeout`; sooner when a new server takes its place. */
export const deadAfterMs = 72 * 3_600_000;
/** With a gossip pool, which tells when it comes back, a failed server is removed after this. Consul's autopilot looks every 10 s. */
export const pooledDeadAfterMs = 10_000;
/** A server's word to begin a cluster with certain others holds for so long, and whoever gathers such words begins within the half of it. */
export const pledgeMs = 10_000;
/** How often a server that waits for others looks whether they are there. */
export const foundingIntervalMs = 1_000;
/** How often autopilot asks the servers how they are, and acts on it. Consul's `ServerHealthInterval`. */
export const healthIntervalMs = 2_000;
/** A server that does not tell how it is within this counts as unhealthy. */
export const healthTimeoutMs = 1_500;
/** Pause before duties of a new leader that failed to start are tried again. */
export const dutiesRetryMs = 1_000;
/** How long a leader may take to hand over when it stops. */
export const handOverTimeoutMs = 5_000;
/** Keys under lock-delay remembered; the soonest to end are forgotten first. */
export const maxLockDelays = 65_536;
/** How often a server without a leader calls at the addresses it knows. */
export const contactIntervalMs = 1_000;
/** How often the leader looks whether a server announced another address than raft's configuration has. */
export const addressCheckMs = 2_000;
/** A restore comes through the log in entries of this size: each is taken in within a few milliseconds on every server… */
export const restorePieceBytes = 128 * 1024;
/** …and so many are on their way at a time. */
export const restoreAhead = 16;
/** A longer name of a query is not searched by a template's expression: host names end at 253 characters. */
export const maxTemplateName = 1024;
/** A template's brackets, calls and texts within each other: deeper ones are refused, since each takes room on the stack. */
export const maxTemplateDepth = 128;
/** Different reads that are held for others who wait for the same; they go with the next change of the state. */
export const maxSharedReads = 64;
