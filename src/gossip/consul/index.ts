export * from "./events.ts";
export * from "./files.ts";
export * from "./guards.ts";
export * from "./server-info.ts";
export * from "./tags.ts";
