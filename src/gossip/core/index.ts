export * from "./coordinates.ts";
export { GossipCore } from "./core.ts";
export type * from "./messages.ts";
export * from "./timing.ts";
export type * from "./types.ts";
