/** Entries in one append message: a message stays a small part of a heartbeat's time. */
export const MAX_APPEND_ENTRIES = 1024;
/** Bytes of entries in one append message (one entry may be larger: values go up to 512 KiB, transactions further). */
export const MAX_APPEND_BYTES = 512 * 1024;
/** Append messages to one peer that wait for their answer. */
export const MAX_INFLIGHT_MESSAGES = 64;
/** Bytes of entries on their way to one peer: what a slow peer may cost the leader in buffers. */
export const MAX_INFLIGHT_BYTES = 8 * 1024 * 1024;
/** What an entry costs besides its data, in memory and on the wire, roughly. */
export const ENTRY_OVERHEAD_BYTES = 48;
/** One chunk of a snapshot: small beside a heartbeat's time on a slow line, large beside the cost of a message. */
export const SNAPSHOT_CHUNK_BYTES = 256 * 1024;
/** Bytes of a snapshot on their way to one peer. */
export const SNAPSHOT_WINDOW_BYTES = 1024 * 1024;
/** While a peer receives a snapshot the log behind it is kept, so that it need not start again: up to so many bytes of log. */
export const MAX_HELD_LOG_BYTES = 256 * 1024 * 1024;

/** What a message from outside may carry at most; beyond, it is refused unread. */
export const MAX_DECODED_ENTRIES = 65_536;
export const MAX_DECODED_CHUNK_BYTES = 4 * 1024 * 1024;
/** Servers in a configuration. Consensus among more makes no sense; learners included. */
export const MAX_SERVERS = 64;
