/** The version of the data directory's layout and records that this program writes and the newest it reads. */
export const FORMAT_VERSION = 1;

/** Entries of one batch are stored as one value up to about this size: one value costs LevelDB and us the same as one entry would. */
export const SEGMENT_BYTES = 256 * 1024;

/** Segments forgotten in one batch: about 60 KB of keys, a millisecond of work, so that a write never waits long behind it. */
export const COMPACT_SLICE_SEGMENTS = 2048;

/** Bytes of deleted entries that are worth having LevelDB rewrite its tables to give the space back. */
export const RECLAIM_BYTES = 8 * 1024 * 1024;

/** Segments taken from LevelDB at once while loading: a few dozen hops between threads for a log of usual length. */
export const LOAD_BATCH_SEGMENTS = 512;

/** Bytes taken from LevelDB at once while loading, so that large entries do not pile up. */
export const LOAD_BATCH_BYTES = 4 * 1024 * 1024;

/** LevelDB's memory table and write-ahead log, bytes: what a start has to replay at most (twice). */
export const WRITE_BUFFER_BYTES = 4 * 1024 * 1024;

/** LevelDB's block cache, bytes: the log is read once, at the start. */
export const CACHE_BYTES = 1024 * 1024;

/** A checksum of a snapshot covers so many bytes; whoever reads one byte reads and verifies this many. */
export const SNAPSHOT_BLOCK_BYTES = 256 * 1024;

/** Bytes of a snapshot written between syncs: one large sync at the end would hold up the log's own syncs for its whole length. */
export const SNAPSHOT_SYNC_BYTES = 4 * 1024 * 1024;

/** Snapshots kept: the newest, and the one before it in case the newest turns out damaged. */
export const SNAPSHOTS_KEPT = 2;

/** The largest `meta.json`, `format.json` or `peers.json` that is read, bytes. */
export const MAX_SMALL_FILE_BYTES = 16 * 1024 * 1024;
