/** Nothing but a handshake is read before it is done, so nothing larger is taken from a stranger. */
export const maxHelloBytes = 4 * 1024;
/** How long a stranger may take to say who it is. Consul gives its own handshake the same order of time. */
export const helloTimeoutMs = 5_000;
/** How long to try to connect. Consul dials with 10 s; a server that does not answer in 2 is as good as gone for raft. */
export const connectTimeoutMs = 2_000;
/** The largest frame on the wire. Anything larger travels in parts, so that raft waits for one part at most. */
export const maxFrameBytes = 64 * 1024;
/** The largest message joined from parts: a recursive read of a large prefix. Above it the answer is an error. */
export const maxMessageBytes = 256 * 1024 * 1024;
/** All parts of one connection that wait for their rest. */
export const maxPartialBytes = 512 * 1024 * 1024;
/** Calls of one connection that have not been answered, in each direction: ten thousand blocking queries through one follower, and room. */
export const maxCallsInFlight = 65_536;
/** Bytes of calls waiting to be sent to one server; more are refused with `unavailable`. */
export const maxQueuedCallBytes = 64 * 1024 * 1024;
/** Bytes of answers waiting to be taken by one server; a reader that slow is cut off. */
export const maxQueuedReplyBytes = 512 * 1024 * 1024;
/** Bytes of raft messages waiting to be sent to one server; more are dropped, since raft repeats what matters. */
export const maxQueuedRaftBytes = 16 * 1024 * 1024;
/** Raft messages kept while a connection is being made. */
export const maxRaftWhileDialing = 64;
/** What a sender of a stream may have on its way before the reader asks for more. */
export const streamWindowBytes = 1024 * 1024;
/** Waiting times between attempts to connect: the first, and the longest. Doubled from one to the other, with up to half of it at random. */
export const firstBackoffMs = 25;
export const lastBackoffMs = 1_000;
/** A connection on which nothing came for so long is asked for a sign of life… */
export const pingAfterMs = 2_000;
/** …and closed after this: the other machine is gone without a word. */
export const silentAfterMs = 8_000;
/** How long a call waits for its answer when the caller sets no other bound. */
export const callTimeoutMs = 30_000;
/** Addresses kept of servers heard of. A cluster has some dozen servers at most. */
export const maxAddresses = 256;
/** Connections accepted at a time, known or not: each client agent has one to one server. */
export const maxConnections = 8_192;
/** A host that sends what cannot be read is named in the log this often at most, and so many of them are remembered. */
export const complaintEveryMs = 60_000;
export const complaintsKept = 256;
