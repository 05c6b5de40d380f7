/** Types of records and questions. RFC 1035 §3.2.2, RFC 3596, RFC 2782, RFC 6891. */
export const TYPE = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, OPT: 41, AXFR: 252, ANY: 255 } as const;

/** How an answer went. RFC 1035 §4.1.1. */
export const RCODE = { noError: 0, formatError: 1, serverFailure: 2, nameError: 3, notImplemented: 4, refused: 5 } as const;
export type ReplyCode = (typeof RCODE)[keyof typeof RCODE];

export const OPCODE = { query: 0, notify: 4 } as const;

/** The class of everything that is answered. */
export const CLASS_IN = 1;

/** The EDNS option by which a resolver tells whom it asks for. RFC 7871. */
export const OPTION_SUBNET = 8;
