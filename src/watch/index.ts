export { isConnect, nothingLeft, Parameters, takeCommon, takePlan, WatchCore, WatchFault, type WatchPlan } from "./core/index.ts";
export { type AgentWatch, checkReachable, decodeWatches } from "./definition.ts";
export { type Change, runWatch, type WatchPorts } from "./run.ts";
export { type Asker, Watches } from "./watches.ts";
