/** Random bytes fetched from the system at once: a fetch costs about the same for 16 bytes as for a page. */
export const RANDOM_POOL_BYTES = 4096;

/** Idle time before TCP asks whether the other end is still there: a peer that vanished without a word is noticed in minutes, not hours. */
export const KEEPALIVE_AFTER_MS = 15_000;

/** Connections waiting for `accept`. Ten thousand clients may come back at once after a restart; the kernel caps it at its own limit. */
export const LISTEN_BACKLOG = 4096;

/** Bytes a connection buffers before `write` answers false: a few messages of raft's largest batch. */
export const SEND_HIGH_WATER_BYTES = 256 * 1024;

/** The interval of the JSON metrics, as in Consul. */
export const METRICS_INTERVAL_MS = 10_000;

/** How long an observation counts for the quantiles of the Prometheus output. */
export const QUANTILE_WINDOW_S = 60;

/** Observations kept for the quantiles of one series; beyond it a random sample of them stands for all. */
export const QUANTILE_SAMPLES = 512;

/** A stall longer than this is reported: half of the shortest election timeout is 250 ms, so five of these fit before it matters. */
export const STALL_MS = 50;

/** How often the event loop is asked. A stall of a half second, such as could depose a leader, is always met; forty times a second cost 0.4 % of a core. */
export const LAG_PROBE_MS = 100;

/** Datagrams that wait in the system while this process is busy: a stall of a second in a pool of a thousand must not lose what was said. The kernel caps it. */
export const DATAGRAM_RECEIVE_BYTES = 2 * 1024 * 1024;
/** What a program's children may go on writing after it has ended. */
export const PROCESS_LINGER_MS = 100;
/** What a program that was asked to end has for it before it is killed. */
export const PROCESS_GRACE_MS = 2_000;
/** Go's own number. */
export const WEB_REDIRECTS_MAX = 10;
/** The longest message that is taken: grpc-go's own number, which its clients name in their complaint. */
export const GRPC_REPLY_MAX_BYTES = 4 * 1024 * 1024;

/** How long a starting process waits for the holder of its data directory, which may have been killed a moment ago, to be gone. */
export const HOLDER_GRACE_MS = 1_000;
/** How often it looks meanwhile. */
export const HOLDER_POLL_MS = 50;

/** How often metrics are sent to programs elsewhere, as in Consul. */
export const TELEMETRY_FLUSH_MS = 100;
/** Lines in one datagram: below the MTU of any network, as Consul's. */
export const TELEMETRY_DATAGRAM_BYTES = 1400;
/** Series of one kind that are told in one go: some ten times what an agent has. */
export const TELEMETRY_SERIES_MAX = 10_000;
/** Samples told in one go, a tenth of a second: some 40,000 requests a second, each timed in a few places. */
export const TELEMETRY_SAMPLES_MAX = 20_000;
/** What a receiver that does not read may let lie. */
export const TELEMETRY_BACKLOG_BYTES = 1024 * 1024;
export const TELEMETRY_CONNECT_MS = 2_000;
/** Pause before a receiver that cannot be reached is tried again. */
export const TELEMETRY_RETRY_MS = 1_000;
