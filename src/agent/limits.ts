/** User events that an agent keeps; older ones are forgotten. Consul's number. */
export const EVENTS_KEPT = 256;
/** Name and payload of an event together, and the event as it is packed for the pool: Serf's bound, which no setting of Consul changes. */
export const EVENT_BYTES_MAX = 512;
