export { type Definitions, LocalAgent, type LocalAgentOptions, type LocalAgentSettings } from "./agent.ts";
export { CoordinateReports, type CoordinateReportsOptions } from "./coordinate-reports.ts";
export type { OwnNode } from "./difference.ts";
export { sendThroughPool } from "./event-broadcast.ts";
export { type AgentService, UserEvents, type UserEventsOptions } from "./events.ts";
export { askKeys } from "./keyring.ts";
export { describeMember } from "./members.ts";
export { ReadCache } from "./read-cache.ts";
export { RemoteExec } from "./remote-exec.ts";
