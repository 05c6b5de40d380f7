export { WatchCore, type WatchOptions } from "./core.ts";
export { Parameters, WatchFault } from "./parameters.ts";
export { type Common, isConnect, nothingLeft, takeCommon, takePlan } from "./plan.ts";
export type { Question, Seen, WatchEffect, WatchEvent, WatchPlan } from "./types.ts";
