export * from "./coordinates.ts";
export { GossipCore } from "./core.ts";
export type * from "./messages.ts";
export { defaultQueryTimeoutMs } from "./queries.ts";
export { SerfCore } from "./serf.ts";
export type * from "./serf-types.ts";
export * from "./timing.ts";
export type * from "./types.ts";
