export { startClient } from "./client.ts";
export { openDisk } from "./disk.ts";
export type { NodeOptions, NodePlatform, OpenedStorage, OpenStorage, RunningAgent, RunningClient, RunningNode, StopReason, StorageRequest } from "./options.ts";
export { planRecovery, type RecoveryOptions, type RecoveryPlan, recover } from "./recovery.ts";
export { startAgent, startNode } from "./start.ts";
export { StartEnded } from "./stopping.ts";
export { consulVersion, version } from "./version.ts";
