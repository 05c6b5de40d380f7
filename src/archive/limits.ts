/** The largest `meta.json` or `SHA256SUMS` that is read, bytes: a hundred servers need some 20 KB. */
export const MAX_TEXT_BYTES = 1024 * 1024;

/** The largest state that is read, bytes: beyond what a server could hold in memory. Keeps a small file that unpacks to no end from filling the disk. */
export const MAX_STATE_BYTES = 64 * 1024 ** 3;

/** How hard gzip tries: at 1 it is some five times as fast as at its usual 6, and the file a tenth larger. */
export const GZIP_LEVEL = 1;
