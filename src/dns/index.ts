export type { LocalMethod, LocalRead, LocalReads } from "./ports.ts";
export { type DnsOptions, type DnsServer, startDns } from "./server.ts";
export type { DnsPlace, DnsSettings } from "./settings.ts";
