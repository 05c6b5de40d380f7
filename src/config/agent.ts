import type { Reader } from "./reader.ts";

/** What an agent does about its own services and checks. Durations in milliseconds; 0: the usual one. */
export interface AgentSettings {
  /** `check_update_interval`: how late a new output alone may reach the catalog; 0: at once. */
  readonly checkUpdateIntervalMs: number;
  /** `check_output_max_size`, bytes. */
  readonly checkOutputMaxBytes: number;
  /** `discard_check_output`. */
  readonly discardCheckOutput: boolean;
  /** `check_deregister_interval_min`. */
  readonly deregisterMinMs: number;
  /** `check_reap_interval`. */
  readonly reapIntervalMs: number;
  /** `ae_interval`. */
  readonly fullSyncIntervalMs: number;
  /** `enable_script_checks`. */
  readonly remotePrograms: boolean;
  /** `enable_local_script_checks`, or the former. */
  readonly localPrograms: boolean;
  /** `disable_remote_exec` is false: it is not so unless said. */
  readonly remoteExec: boolean;
  /** `ports.sidecar_min_port`, `ports.sidecar_max_port`. */
  readonly sidecarPorts: { readonly min: number; readonly max: number };
}

export function agentSettings(from: Reader): AgentSettings {
  const remotePrograms = from.bool("enable_script_checks");
  return {
    checkUpdateIntervalMs: from.duration("check_update_interval", 0),
    checkOutputMaxBytes: from.number("check_output_max_size", 0),
    discardCheckOutput: from.bool("discard_check_output"),
    deregisterMinMs: from.duration("check_deregister_interval_min", 0),
    reapIntervalMs: from.duration("check_reap_interval", 0),
    fullSyncIntervalMs: from.duration("ae_interval", 0),
    remotePrograms,
    localPrograms: remotePrograms || from.bool("enable_local_script_checks"),
    remoteExec: !from.bool("disable_remote_exec", true),
    sidecarPorts: { min: from.number("ports.sidecar_min_port", 0), max: from.number("ports.sidecar_max_port", 0) },
  };
}
