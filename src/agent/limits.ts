/** User events that an agent keeps; older ones are forgotten. Consul's number. */
export const EVENTS_KEPT = 256;
