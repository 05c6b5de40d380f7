export type * from "./core/types.ts";
export type * from "./ports.ts";
export type * from "./node.ts";
