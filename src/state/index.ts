export { type Bodies, type Command, type CommandType, encodeCommand, type Outcome, type Results } from "./commands.ts";
export * from "./store.ts";
export type { Coordinate, CoordinateUpdate } from "./tables/coordinates.ts";
export { WatchSet } from "./watch.ts";
