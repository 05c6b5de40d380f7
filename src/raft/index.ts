export { configurationFault, configurationOf, decodeConfiguration, decodeEntry, decodeRaftMessage, decodeSnapshotMeta } from "./core/index.ts";
export type * from "./core/messages.ts";
export type * from "./core/types.ts";
export type * from "./node.ts";
export type * from "./options.ts";
export type * from "./ports.ts";
export { type Restored, type RestoreOptions, recoverRaft } from "./recover.ts";
export { startRaft } from "./start.ts";
