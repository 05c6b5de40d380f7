export type * from "./catalog.ts";
export * from "./json/index.ts";
export type * from "./kv.ts";
export type * from "./methods.ts";
export type * from "./operator.ts";
export type * from "./options.ts";
export type * from "./session.ts";
export type * from "./txn.ts";
export { consulVersion, version } from "./version.ts";
