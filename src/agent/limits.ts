/** User events that an agent keeps; older ones are forgotten. Consul's number. */
export const EVENTS_KEPT = 256;
/** Name and payload of an event together, and the event as it is packed for the pool: Serf's bound, which no setting of Consul changes. */
export const EVENT_BYTES_MAX = 512;
/** Changes of status that are kept for each check, with their outputs. */
export const TRANSITIONS_KEPT = 10;
/** Bytes of output that are kept of a check that says nothing about it. Consul's `check_output_max_size`. */
export const CHECK_OUTPUT_MAX_BYTES = 4096;
/** No check runs more often. Consul's number. */
export const CHECK_INTERVAL_MIN_MS = 1_000;
/** What a check may take that says nothing about it: by network, and as a program. Consul's numbers. */
export const NETWORK_CHECK_TIMEOUT_MS = 10_000;
export const PROGRAM_CHECK_TIMEOUT_MS = 30_000;
/** Checks by network under way at once; further ones wait their turn. Each holds a socket, of which a process has a thousand or so. */
export const NETWORK_CHECKS_AT_ONCE = 256;
/** Programs of checks under way at once: they share the machine with what they check. */
export const PROGRAM_CHECKS_AT_ONCE = 32;
/** Registrations on their way to the servers at once. */
export const SYNCS_AT_ONCE = 32;
/** Anti-entropy of everything: so often in a small cluster, rarer in a large one. Consul's `ae_interval`. */
export const FULL_SYNC_INTERVAL_MS = 60_000;
/** Up to this many nodes the interval stands; each doubling beyond adds it once more. Consul docs, anti-entropy. */
export const FULL_SYNC_SCALE_FROM_NODES = 128;
/** After a full sync that failed. Consul's number. */
export const RETRY_FULL_SYNC_MS = 15_000;
/** When a server has come, the agents do not all ask it at once: they spread over this. Consul's number. */
export const SERVER_UP_SPLAY_MS = 3_000;
/** A check that asked for less is removed with its service after this. Consul's `check_deregister_interval_min`. */
export const DEREGISTER_MIN_MS = 60_000;
/** How often that is looked at. Consul's `check_reap_interval`. */
export const REAP_INTERVAL_MS = 30_000;
/** How long an alias of another node waits after a question that failed. */
export const ALIAS_RETRY_MS = 5_000;
/** A check's file of its last report is written anew at the latest after this part of its TTL. */
export const STATE_FILE_TTL_PART = 2;
/** Files of services and checks that are read at a time when an agent starts: of thousands, one after the other takes seconds. */
export const FILES_READ_AT_ONCE = 32;
/** What is read of the output of a program in a container, frames included; of more, only the end is looked at. */
export const DOCKER_STREAM_MAX_BYTES = 1024 * 1024;
/** Answers that the agent's cache keeps: each of them holds a blocking query at a server. */
export const CACHE_ENTRIES_MAX = 1024;
/** An answer that nobody asked for so long is given up. Consul's number. */
export const CACHE_TTL_MS = 72 * 3_600_000;
/** How often that is looked at. */
export const CACHE_SWEEP_MS = 10 * 60_000;
/** How long the blocking queries behind the cache wait. Consul's number. */
export const CACHE_FETCH_WAIT_MS = 600_000;
/** How long a client waits that says nothing about it. */
export const CACHE_DEFAULT_WAIT_MS = 300_000;
/** A blocking query that is answered so soon with nothing new did not block: the next one pauses. */
export const CACHE_QUICK_ANSWER_MS = 100;
export const CACHE_QUICK_PAUSE_MS = 1_000;
/** After a question that failed: so often with the same pause, then doubled up to a minute; up to twice that by chance. Consul's numbers. */
export const CACHE_RETRY_MS = 250;
export const CACHE_RETRIES_AT_ONCE = 3;
export const CACHE_RETRY_MAX_MS = 60_000;
/** Remote execs that an agent runs at once; further ones are not taken. */
export const REMOTE_EXECS_AT_ONCE = 32;
/** Exit code that stands for what could not be started. Consul's. */
export const REMOTE_EXEC_NO_CODE = 255;
/** Output of a remote exec goes in pieces of this, or when nothing more has come for so long. Consul's numbers. */
export const REMOTE_OUTPUT_CHUNK_BYTES = 4 * 1024;
export const REMOTE_OUTPUT_IDLE_MS = 500;
/** Output that waits to be sent; whoever writes more is held up. */
export const REMOTE_OUTPUT_PENDING_BYTES = 64 * 1024;
/** Signs of life come at the asker's wish, within these: each is a write to the store. */
export const REMOTE_EXEC_WAIT_MIN_MS = 100;
export const REMOTE_EXEC_WAIT_MAX_MS = 60_000;
