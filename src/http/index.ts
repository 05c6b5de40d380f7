export * from "./ports.ts";
export { startHttp } from "./server.ts";
