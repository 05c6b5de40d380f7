import type { AutopilotConfig } from "../../model/index.ts";
import { type Indexed, indexed } from "../indexed.ts";
import { type Reading, TOPIC, watchTopics } from "../reading.ts";
import type { WriteTx } from "../tx.ts";
import type { WatchSet } from "../watch.ts";

/** The one row's key. */
export const AUTOPILOT_KEY = "";

/** Sets autopilot's settings. False: `cas` was given and is not the index of what stands there (0: of nothing). */
export function applyAutopilotSet(tx: WriteTx, given: Omit<AutopilotConfig, "createIndex" | "modifyIndex">, cas: number | undefined): boolean {
  const old = tx.tables.autopilot.get(AUTOPILOT_KEY);
  if (cas !== undefined && cas !== (old?.modifyIndex ?? 0)) return false;
  tx.tables.autopilot.set(AUTOPILOT_KEY, { ...given, createIndex: old?.createIndex ?? tx.index, modifyIndex: tx.index });
  tx.bump("autopilot-config");
  tx.changedTopic(TOPIC.autopilot);
  return true;
}

export function readAutopilot(from: Reading, watch?: WatchSet): Indexed<AutopilotConfig | undefined> {
  watchTopics(from, watch, TOPIC.autopilot);
  return indexed(from.tables.indexOf("autopilot-config"), from.tables.autopilot.get(AUTOPILOT_KEY));
}
