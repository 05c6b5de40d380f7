export { decodeRaftMessage } from "./core/decode.ts";
export type * from "./core/messages.ts";
export type * from "./core/types.ts";
export type * from "./node.ts";
export type * from "./options.ts";
export type * from "./ports.ts";
export { startRaft } from "./start.ts";
