import type { JsonValue } from "../base/json.ts";
import type { RunningAgent, RunningClient, RunningNode } from "./options.ts";
import { consulVersion } from "./version.ts";

/** As `consul info` prints them: text throughout. `runtime`: what runs this process, without the goroutines, of which there are none. */
export function statsOf(agent: RunningNode | RunningClient, runtime: Readonly<Record<string, string>> = {}): JsonValue {
  return {
    agent: ofLocal(agent),
    build: { prerelease: "", revision: "", version: consulVersion },
    ...("raft" in agent ? ofServer(agent) : { consul: { acl: "disabled", known_servers: String(agent.knownServers()), server: "false" } }),
    runtime: { ...runtime },
    ...ofPools(agent),
  };
}

function ofLocal({ local }: RunningAgent): Readonly<Record<string, string>> {
  const { monitors = 0, ttls = 0, checks = 0, services = 0 } = local?.counts ?? {};
  return { check_monitors: String(monitors), check_ttls: String(ttls), checks: String(checks), services: String(services) };
}

function ofPools({ pools }: RunningAgent): Readonly<Record<string, JsonValue>> {
  if (pools === undefined) return {};
  return { serf_lan: { ...pools.lan.stats() }, ...(pools.wan === undefined ? {} : { serf_wan: { ...pools.wan.stats() } }) };
}

function ofServer(node: RunningNode): Readonly<Record<string, JsonValue>> {
  const raft = node.raft.status();
  const { configuration } = raft;
  const servers = configuration.servers.map(
    (server) => `{Suffrage:${server.suffrage === "voter" ? "Voter" : "Nonvoter"} ID:${server.id} Address:${server.address}}`,
  );
  const state = raft.role === "leader" ? "Leader" : raft.role === "follower" ? "Follower" : "Candidate";
  const datacenters = new Set([node.datacenter, ...(node.pools?.wan?.members() ?? []).flatMap(({ tags }) => tags.get("dc") ?? [])]);
  return {
    consul: {
      acl: "disabled",
      bootstrap: String(node.config.bootstrap),
      known_datacenters: String(datacenters.size),
      leader: String(raft.role === "leader"),
      leader_addr: raft.leader?.address ?? "",
      server: "true",
    },
    raft: {
      applied_index: String(raft.appliedIndex),
      commit_index: String(raft.commitIndex),
      fsm_pending: "0",
      last_contact: raft.role === "leader" ? "0" : raft.lastContactMs === undefined ? "never" : `${raft.lastContactMs}ms`,
      last_log_index: String(raft.lastLogIndex),
      last_log_term: String(raft.lastLogTerm),
      last_snapshot_index: String(raft.snapshotIndex),
      last_snapshot_term: String(raft.snapshotTerm),
      latest_configuration: `[${servers.join(" ")}]`,
      latest_configuration_index: String(raft.configurationIndex),
      num_peers: String(Math.max(0, configuration.servers.filter((server) => server.suffrage === "voter").length - 1)),
      protocol_version: "3",
      protocol_version_max: "3",
      protocol_version_min: "0",
      snapshot_version_max: "1",
      snapshot_version_min: "0",
      state,
      term: String(raft.term),
    },
  };
}
