export * from "./ports.ts";
export type { Credentials, SecureDoor } from "./secure.ts";
export { startHttp } from "./server.ts";
