export { changesNothing } from "./endpoints/table.ts";
export { deadAfterMs, defaultHoldMs, defaultSessionTtlMinMs, defaultWaitMs, failedAfterMs, handOverTimeoutMs, maxWaitMs } from "./limits.ts";
export type { LocalRead, LocalReads } from "./local-reads.ts";
export type { DatacentersPort, Member, MemberSource, PoolAgent, PoolsPort, ServerOptions, ServerSettings } from "./ports.ts";
export { createServer, type Server } from "./server.ts";
export { StateHub } from "./state-hub.ts";
export { newUuid } from "./uuid.ts";
