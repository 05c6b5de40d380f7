/** Streams open at once from outside, of whatever kind: a hundred joins and as many pings pass, a flood does not take all descriptors. */
export const STREAMS_MAX = 256;
/** Push/pulls under way at once, ours and theirs each; real agents have the same bound. */
export const PUSH_PULLS_MAX = 128;
/** Bytes of streams from outside held in memory at once, all streams together. */
export const STREAM_BYTES_MAX = 64 * 1024 * 1024;
/** A user message that came by stream; nobody of these versions sends any. */
export const STREAM_USER_BYTES_MAX = 64 * 1024;
/** memberlist's bound for a node's meta: the packed tags. */
export const META_BYTES_MAX = 512;
/** Serf's bounds for name and payload of an event: when nothing is set, and at most. */
export const EVENT_BYTES = 512;
export const EVENT_BYTES_LIMIT = 9216;
/** Serf's bounds for a whole encoded query, and for an answer. */
export const QUERY_BYTES_MAX = 1024;
export const ANSWER_BYTES_MAX = 1024;
/** Serf's bound for the relay factor. */
export const RELAY_FACTOR_MAX = 5;
/** Answers of one query waiting for a slow reader: more than twice the members of any pool seen. */
export const QUERY_ANSWERS_MAX = 16_384;
/** Queries of our own under way at once. */
export const OPEN_QUERIES_MAX = 1024;
/** Items waiting for one listener; beyond it the oldest are dropped and counted: listeners look at the whole list now and then anyway. */
export const LISTENER_QUEUE_MAX = 4096;
/** Names of events with a counter of their own; names come from the network and a metric is for ever. */
export const COUNTED_EVENT_NAMES_MAX = 64;
/** Lines of one kind a window says in the log; what is beyond is counted and told in one line. */
export const LOG_LINES_MAX = 5;
export const LOG_WINDOW_MS = 10_000;
/** Turns of the loop in which waiting datagrams are read after a stall, before time goes on: 32 or so datagrams a turn. */
export const SETTLE_TURNS_MAX = 64;
/** A timer so late is a stall, and never less than this share of the probe timeout: below it nobody is wronged. */
export const STALL_MIN_MS = 50;
export const STALL_SHARE_OF_PROBE_TIMEOUT = 0.25;
/** A leave is told for at most so long before we go all the same. Serf, broadcast timeout. */
export const BROADCAST_TIMEOUT_MS = 5_000;
/** And then this long waited for that it spreads, at most; small pools are sooner done. Consul's leave propagate delay. */
export const LEAVE_PROPAGATE_MS = 3_000;
/** Datagrams smaller than this are not worth an attempt to compress. */
export const COMPRESS_FROM_BYTES = 128;
/** Addresses tried at once by one join. */
export const JOINS_AT_ONCE = 16;
/** Serf's snapshot: written at most so often, and anew above this size (or 256 bytes a member, if that is more). */
export const SNAPSHOT_FLUSH_MS = 500;
export const SNAPSHOT_COMPACT_BYTES = 128 * 1024;
export const SNAPSHOT_BYTES_PER_MEMBER = 256;
/** A file of members larger than this is not one. */
export const SNAPSHOT_BYTES_MAX = 64 * 1024 * 1024;
/** Most ports tried when any will do, since UDP and TCP must have the same. */
export const PORT_TRIES = 16;

/** How often one who has failed is asked again whether it is back. Serf, reconnect interval. */
export const RECONNECT_INTERVAL_MS = 30_000;
