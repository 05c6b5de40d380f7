/** Parts of one compound: real readers compute the length of its header modulo 256, and mis-split anything larger. */
export const MAX_COMPOUND_PARTS = 127;
/** How deep compress and compound may nest: real senders nest twice; more is an attempt to burn time. */
export const MAX_LAYERS = 8;
/** What one compressed message may unpack to: well over the largest push/pull of thousands of members, and no bomb. */
export const MAX_UNPACKED_BYTES = 20 * 1024 * 1024;
/** What one compressed datagram may unpack to: a datagram carries 1,400 bytes before compression, a reader takes any UDP size. */
export const MAX_UNPACKED_DATAGRAM_BYTES = 256 * 1024;
/** A sealed stream message; the same bound as real readers have. */
export const MAX_SEALED_BYTES = 20 * 1024 * 1024;
/** Nodes in one push/pull: no real pool comes near, and each costs memory before it is checked. */
export const MAX_PUSH_PULL_NODES = 100_000;
/** Depth of a value that is skipped since nobody knows its field. */
export const MAX_SKIP_DEPTH = 16;
/** Bytes looked through for one stream message, all attempts together: sixteen times the largest. */
export const MAX_STREAM_EFFORT_BYTES = 16 * MAX_UNPACKED_BYTES;
