import { deepEqual } from "../base/deep-equal.ts";
import { type Definition, isTree, type Setting } from "./settings.ts";

/** What a running agent takes over from a configuration that is read anew: those of Consul 1.8.7 whose feature is here. Whole sections by their name. */
const LIVE: ReadonlySet<string> = new Set(
  `log_level node_meta cert_file key_file ca_file ca_path discard_check_output service services check checks watches dns_config recursors telemetry.prefix_filter telemetry.filter_default
    limits.rpc_rate limits.rpc_max_burst limits.rpc_max_conns_per_client limits.http_max_conns_per_client`.split(/\s+/),
);

/** The keys that differ and count only from the next start on, sorted. */
export function restartNeeded(before: Definition, after: Definition): readonly string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => changed(key, before[key], after[key])).sort();
}

function changed(key: string, before: Setting | undefined, after: Setting | undefined): readonly string[] {
  if (LIVE.has(key) || deepEqual(before, after)) return [];
  if (!(isTree(before) || isTree(after)) || !isSection(before) || !isSection(after)) return [key];
  const inner = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...inner].filter((name) => !LIVE.has(`${key}.${name}`) && !deepEqual(before?.[name], after?.[name])).map((name) => `${key}.${name}`);
}

function isSection(value: Setting | undefined): value is Definition | undefined {
  return value === undefined || isTree(value);
}
