/** Answers of a UDP message without EDNS, whatever `udp_answer_limit` says: Consul's own bound. */
export const UDP_ANSWERS_MAX = 8;

/** What a UDP answer may take where the client says nothing of its buffer. RFC 1035 §2.3.4. */
export const UDP_DEFAULT_BYTES = 512;

/** The longest UDP answer, whatever the client offers: what an IP packet leaves with all its headers. Consul's number. */
export const UDP_MAX_BYTES = 65_535 - 68;

/** The longest answer over TCP: the two bytes of its length say no more. */
export const TCP_MAX_BYTES = 65_535;

/** Left free at the end of an answer that is cut, as in Consul. */
export const SPARE_BYTES = 7;

/** The longest name, in bytes on the wire, and the longest label. RFC 1035 §2.3.4. */
export const NAME_MAX_BYTES = 255;
export const LABEL_MAX_BYTES = 63;

/** Beyond this offset a name cannot be pointed at. RFC 1035 §4.1.4. */
export const POINTER_MAX_OFFSET = 0x3fff;

/** Names that are remembered in wire form: those of a few thousand nodes and of what is asked for. Some megabytes at most. */
export const WIRE_NAMES_MAX = 8_192;

/** Lookups whose results are kept while nothing changes, for questions that differ only in how they are asked. They hold rows that the state has anyway. */
export const KEPT_LOOKUPS_MAX = 4_096;

/** How many aliases within the domain are followed one after the other. Consul's number. */
export const ALIAS_DEPTH = 3;

/** How many records of an alias are taken along where the client knows no EDNS. Consul's number. */
export const ALIAS_RECORDS_MAX = 5;

/** Servers named in an answer. Consul's number. */
export const NAME_SERVERS_MAX = 3;

/** The longest text within a TXT record; a longer one is cut into several. RFC 1035 §3.3. */
export const TEXT_MAX_BYTES = 255;

/** An answer older than this counts as stale in the metrics. Consul's number. */
export const STALE_COUNTED_MS = 5_000;

/** Questions that wait for a lookup at a time; beyond it new ones are dropped and counted, since clients ask again. A lookup takes some kilobytes. */
export const PENDING_MAX = 4_096;

/** Connections open at a time; beyond it new ones are closed at once. Each costs some ten kilobytes. */
export const CONNECTIONS_MAX = 1_024;

/** How long all connections together are answered at a stretch before everything else has its turn. */
export const TURN_MS = 2;

/** Bytes that a client has not taken yet before its connection is read no further. Two of the longest answers fit. */
export const UNSENT_MAX_BYTES = 2 * (TCP_MAX_BYTES + 2);

/** A connection that says nothing whole, or takes nothing, for so long is closed. Consul's library waits 8 s. */
export const CONNECTION_IDLE_MS = 10_000;

/** Answers that are kept ready, for the questions that are asked again and again, and what they may take together. */
export const KEPT_QUESTIONS_MAX = 4_096;
export const KEPT_BYTES_MAX = 16 * 1024 * 1024;

/** A longer message is no usual question: its answer is not kept. */
export const KEPT_QUESTION_MAX_BYTES = 512;

/** Orders of one answer that are kept, one of which is given by chance, and how often each is given before it is shuffled anew. */
export const KEPT_ORDERS = 8;
export const KEPT_ORDER_USES = 64;

/** Places for hashes of questions, and of lookups, that were asked once within a second; what is asked twice is kept. Twelve bytes each. */
export const ASKED_ONCE_MAX = 16_384;

/** How long an answer may be kept though nothing changed: its serial number is a time, and the contact to the leader grows older. */
export const KEPT_MS = 1_000;

/** Questions that are with the recursors at a time; beyond it they are answered with SERVFAIL. Each holds a socket. */
export const RECURSIONS_MAX = 512;
