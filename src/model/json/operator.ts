import { durationToMs, formatDurationMs } from "../../base/duration.ts";
import { type JsonValue, quoteJson } from "../../base/json.ts";
import type { AutopilotConfig, OperatorHealth, RaftConfigurationInfo } from "../operator.ts";
import { decodeJson, duration, flag, index, struct, text } from "./go-struct.ts";
import { writeList } from "./write.ts";

/** `operator/raft/configuration`. */
export function writeRaftConfiguration(info: RaftConfigurationInfo): string {
  const servers = writeList(
    info.servers,
    (one) =>
      `{"ID":${quoteJson(one.id)},"Node":${quoteJson(one.node)},"Address":${quoteJson(one.address)},"Leader":${one.leader},"ProtocolVersion":${quoteJson(one.protocolVersion)},"Voter":${one.voter}}`,
  );
  return `{"Servers":${servers},"Index":${info.index}}`;
}

/** `operator/autopilot/configuration`. */
export function writeAutopilotConfig(config: AutopilotConfig): string {
  return `{"CleanupDeadServers":${config.cleanupDeadServers},"LastContactThreshold":"${formatDurationMs(config.lastContactThresholdMs)}","MaxTrailingLogs":${config.maxTrailingLogs},"MinQuorum":${config.minQuorum},"ServerStabilizationTime":"${formatDurationMs(config.serverStabilizationTimeMs)}","RedundancyZoneTag":${quoteJson(config.redundancyZoneTag)},"DisableUpgradeMigration":${config.disableUpgradeMigration},"UpgradeVersionTag":${quoteJson(config.upgradeVersionTag)},"CreateIndex":${config.createIndex},"ModifyIndex":${config.modifyIndex}}`;
}

/** `operator/autopilot/health`. */
export function writeOperatorHealth(health: OperatorHealth): string {
  const servers = writeList(
    health.servers,
    (one) =>
      `{"ID":${quoteJson(one.id)},"Name":${quoteJson(one.name)},"Address":${quoteJson(one.address)},"SerfStatus":"${one.serfStatus}","Version":${quoteJson(one.version)},"Leader":${one.leader},"LastContact":"${formatDurationMs(one.lastContactMs)}","LastTerm":${one.lastTerm},"LastIndex":${one.lastIndex},"Healthy":${one.healthy},"Voter":${one.voter},"StableSince":${quoteJson(one.stableSince)}}`,
  );
  return `{"Healthy":${health.healthy},"FailureTolerance":${health.failureTolerance},"Servers":${servers}}`;
}

const autopilotBody = struct("api.AutopilotConfiguration", {
  CleanupDeadServers: flag,
  LastContactThreshold: duration,
  MaxTrailingLogs: index,
  MinQuorum: index,
  ServerStabilizationTime: duration,
  RedundancyZoneTag: text,
  DisableUpgradeMigration: flag,
  UpgradeVersionTag: text,
  CreateIndex: index,
  ModifyIndex: index,
});

/** A body of `operator/autopilot/configuration`; what it leaves out becomes zero. Throws `JsonDecodeError`. */
export function decodeAutopilotConfig(body: JsonValue): Omit<AutopilotConfig, "createIndex" | "modifyIndex"> {
  const said = decodeJson(autopilotBody, body);
  return {
    cleanupDeadServers: said.CleanupDeadServers,
    lastContactThresholdMs: durationToMs(said.LastContactThreshold),
    maxTrailingLogs: said.MaxTrailingLogs,
    minQuorum: said.MinQuorum,
    serverStabilizationTimeMs: durationToMs(said.ServerStabilizationTime),
    redundancyZoneTag: said.RedundancyZoneTag,
    disableUpgradeMigration: said.DisableUpgradeMigration,
    upgradeVersionTag: said.UpgradeVersionTag,
  };
}

const keyringBody = struct("agent.keyringArgs", { Key: text, Token: text, RelayFactor: index, LocalOnly: flag });

/** A body of `operator/keyring`. Throws `JsonDecodeError`. */
export function decodeKeyringKey(body: JsonValue): string {
  return decodeJson(keyringBody, body).Key;
}
