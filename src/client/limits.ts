/** How long a connection may take to come about. As Go's default dialer in Consul's client. */
export const connectTimeoutMs = 30_000;
/** Body that is held in memory as a whole: lists of a million keys pass, a runaway answer does not fill the machine. Snapshots stream. */
export const maxAnswerBytes = 1024 * 1024 * 1024;
/** Text of an error answer that is kept for the message. */
export const maxErrorTextChars = 8192;
