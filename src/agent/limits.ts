/** User events that an agent keeps; older ones are forgotten. Consul's number. */
export const EVENTS_KEPT = 256;
/** Nodes report their coordinates at least so far apart… */
export const COORDINATE_REPORT_MIN_MS = 15_000;
/** …and in a large pool so rarely that all of them together make so many reports a second. Consul's numbers. */
export const COORDINATE_REPORTS_PER_SECOND = 64;
