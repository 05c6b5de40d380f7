/** A snapshot is handed on in pieces of this size: small against a network buffer, and made in about a millisecond. */
export const snapshotChunkBytes = 64 * 1024;
/** A record holds one row; a value comes through raft as one entry, whose own bound is far below this. Bounds what a garbled length can claim. */
export const maxSnapshotRecordBytes = 256 * 1024 * 1024;
/** Rows that a restore takes in before it lets the loop turn: some 3 microseconds each. */
export const restoreRowsPerTurn = 500;
/** Removals from the catalog that are kept in mind, some 300 bytes each; of more the oldest are forgotten until so many are left. */
export const REMOVALS_KEPT = 16_384;
export const REMOVALS_SPARED = 12_288;
