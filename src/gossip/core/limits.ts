/** Members one node believes in. No pool comes near; a flood of made-up names must not take the memory. */
export const MEMBERS_MAX = 65_536;
/** Incarnations are uint32 on the wire. */
export const INCARNATION_MAX = 0xffff_ffff;
/** Lamport times are uint64 on the wire. One beyond this is not believed: nobody gets there by counting, and it must not run over. */
export const LAMPORT_MAX = 1n << 62n;
/** Intents about members nobody knows yet. */
export const EARLY_INTENTS_MAX = 4096;
/** Different events or queries of one Lamport time: a real pool has a few. */
export const SAME_TIME_MAX = 256;
/** Bytes of a message that is carried for somebody else: it must fit a datagram. */
export const RELAY_BYTES_MAX = 1400;
/** How often a suspicion nobody shares is put off while this node is at its worst and would declare most of the pool dead. */
export const HELD_BACK_MAX = 3;
/** Pools below this have no majority worth the name: their members are declared dead as they come. */
export const HELD_BACK_FROM_MEMBERS = 5;
