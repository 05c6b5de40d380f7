/** Bytes of a request's line and headers. Long keys stand in the line: Consul's Go allows 1 MiB, the longest keys seen in the field are below 2 KiB. */
export const MAX_HEAD_BYTES = 256 * 1024;

/** How long the head of a request may take to come. A connection that has sent nothing at all may be silent for ever: clients keep spare ones. */
export const HEAD_TIMEOUT_MS = 60_000;

/** How long a whole request may take to come, its body included; does not count while it is being answered. A snapshot of some gigabytes must get through. */
export const REQUEST_TIMEOUT_MS = 30 * 60_000;

/** How often the two above are looked at. */
export const TIMEOUT_CHECK_MS = 5_000;

/** After this silence the system asks whether the other end is still there, as Go's listeners do; without it dead clients would hold their connections for ever. */
export const TCP_KEEPALIVE_MS = 15_000;

/** A JSON body: more than any registration or query needs, little enough to be parsed in one turn of the loop. */
export const MAX_JSON_BYTES = 2 * 1024 * 1024;

/** A value whose length was not announced (chunked) may exceed the KV limit, as in Consul, but not by more than this factor: all of it is held in memory. */
export const UNANNOUNCED_FACTOR = 4;

/** What is read and thrown away of a body that is refused, so that the client sees the answer and not a reset; then the connection ends. Go does the same with 256 KiB. */
export const MAX_DRAIN_BYTES = 4 * 1024 * 1024;

/** From this size on a body is compressed beside the loop: compressing 16 KiB takes about 0.3 ms. */
export const SYNC_GZIP_BYTES = 16 * 1024;

/** Bytes that `agent/monitor` holds for a client that does not read; further lines are dropped for it. */
export const MAX_MONITOR_BACKLOG_BYTES = 512 * 1024;

/** How long open requests get to end when the server closes, before their connections are cut. */
export const CLOSE_GRACE_MS = 1_000;

/** What one look at a connection reads at most: as much as libuv asks for. */
export const SHARED_READ_BYTES = 64 * 1024;
/** A head that is answered without node:http: those of programs that ask often are a few hundred bytes. */
export const EXPRESS_HEAD_BYTES = 4096;
/** What may come ahead of its turn before the connection is not read any more; node:http takes it from there. */
export const EXPRESS_PIPELINE_BYTES = 64 * 1024;
/** Answers that a client has not read before it is not asked for more. */
export const EXPRESS_BACKLOG_BYTES = 1024 * 1024;

/** The payload of an event that is still read: gossip itself refuses more than some 400 bytes, with Consul's words. */
export const MAX_EVENT_BODY_BYTES = 512 * 1024;

/** How long a processor profile is sampled that says nothing about it (Go's number), and at most: it is held in memory. */
export const PROFILE_DEFAULT_S = 30;
export const PROFILE_MAX_S = 120;
