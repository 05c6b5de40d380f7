import { ConfigError } from "./decode.ts";
import { mergeSettings } from "./merge.ts";
import { type Definition, type Setting, settingTree } from "./settings.ts";

/** How a flag of `agent` is read; `pairs` are `key:value` texts that may be given several times. */
export type AgentFlagKind = "string" | "bool" | "int" | "strings" | "pairs";

export interface AgentFlag {
  readonly name: string;
  readonly kind: AgentFlagKind;
  /** The configuration key that it sets; empty for flags that say where the configuration is. */
  readonly key: string;
  readonly help: string;
}

function flag(name: string, kind: AgentFlagKind, key: string, help: string): AgentFlag {
  return { name, kind, key, help };
}

/** The flags of `consul agent` 1.8.7, all of them. */
export const AGENT_FLAGS: readonly AgentFlag[] = [
  flag("advertise", "string", "advertise_addr", "Address that other members are told to reach this agent by."),
  flag("advertise-wan", "string", "advertise_addr_wan", "Address told to other datacenters in place of -advertise."),
  flag("allow-write-http-from", "strings", "http_config.allow_write_http_from", "Network in CIDR form that may write by HTTP. May be given several times."),
  flag("alt-domain", "string", "alt_domain", "A second domain that DNS answers for."),
  flag("bind", "string", "bind_addr", "Address to listen on for traffic between members."),
  flag("bootstrap", "bool", "bootstrap", "Lets this server elect itself leader with no other server there."),
  flag("bootstrap-expect", "int", "bootstrap_expect", "Number of servers to wait for before the first election."),
  flag("check_output_max_size", "int", "check_output_max_size", "Most bytes kept of a check's output."),
  flag("client", "string", "client_addr", "Address to listen on for clients: HTTP, HTTPS, DNS and gRPC."),
  flag("config-dir", "strings", "", "Folder whose .json and .hcl files are read in the order of their names. May be given several times."),
  flag("config-file", "strings", "", "File in JSON or HCL, told apart by its ending. May be given several times."),
  flag("config-format", "string", "", "Reads all configuration files as 'json' or 'hcl', whatever their ending."),
  flag("data-dir", "string", "data_dir", "Folder that keeps the state of this agent."),
  flag("datacenter", "string", "datacenter", "Datacenter of this agent."),
  flag("default-query-time", "string", "default_query_time", "How long a blocking query waits when it does not say."),
  flag("dev", "bool", "", "Starts a server of its own that keeps everything in memory."),
  flag("disable-host-node-id", "bool", "disable_host_node_id", "Makes a random node id and asks nothing of the host for it."),
  flag("disable-keyring-file", "bool", "disable_keyring_file", "Does not write the keyring to a file."),
  flag("dns-port", "int", "ports.dns", "Port of DNS."),
  flag("domain", "string", "domain", "Domain that DNS answers for."),
  flag("enable-local-script-checks", "bool", "enable_local_script_checks", "Allows script checks that stand in configuration files."),
  flag("enable-script-checks", "bool", "enable_script_checks", "Allows script checks, also those that come by HTTP."),
  flag("encrypt", "string", "encrypt", "Key that encrypts gossip."),
  flag("grpc-port", "int", "ports.grpc", "Port of gRPC."),
  flag("hcl", "strings", "", "A piece of configuration in HCL. May be given several times."),
  flag("http-port", "int", "ports.http", "Port of the HTTP API."),
  flag("https-port", "int", "ports.https", "Port of the HTTPS API."),
  flag("join", "strings", "start_join", "Address of a member to join at the start. May be given several times."),
  flag("join-wan", "strings", "start_join_wan", "Address of a server of another datacenter to join at the start. May be given several times."),
  flag("log-file", "string", "log_file", "File that the log is written to as well."),
  flag("log-json", "bool", "log_json", "Writes the log as JSON."),
  flag("log-level", "string", "log_level", "Least level that is logged: trace, debug, info, warn or err."),
  flag("log-rotate-bytes", "int", "log_rotate_bytes", "Size at which a new log file is begun."),
  flag("log-rotate-duration", "string", "log_rotate_duration", "Age at which a new log file is begun."),
  flag("log-rotate-max-files", "int", "log_rotate_max_files", "Old log files that are kept."),
  flag("max-query-time", "string", "max_query_time", "The longest that a blocking query may wait."),
  flag("node", "string", "node_name", "Name of this node; no two in a cluster may have the same."),
  flag("node-id", "string", "node_id", "UUID that names this node for ever. Made, and kept in the data directory, when not given."),
  flag("node-meta", "pairs", "node_meta", "A key:value pair that describes this node. May be given several times."),
  flag("non-voting-server", "bool", "non_voting_server", "Not here: a server that only follows (of the enterprise product)."),
  flag("pid-file", "string", "pid_file", "File to write the process id to."),
  flag("primary-gateway", "strings", "primary_gateways", "Address of a mesh gateway in the primary datacenter. May be given several times."),
  flag("protocol", "int", "protocol", "Version of the member protocol."),
  flag("raft-protocol", "int", "raft_protocol", "Version of the Raft protocol."),
  flag("recursor", "strings", "recursors", "DNS server for names of other domains. May be given several times."),
  flag("rejoin", "bool", "rejoin_after_leave", "Joins again although the agent left before."),
  flag("retry-interval", "string", "retry_interval", "Time between attempts to join."),
  flag("retry-interval-wan", "string", "retry_interval_wan", "Time between attempts to join another datacenter."),
  flag("retry-join", "strings", "retry_join", "Address of a member to join, tried until it works. May be given several times."),
  flag("retry-join-wan", "strings", "retry_join_wan", "Address of a server elsewhere to join, tried until it works. May be given several times."),
  flag("retry-max", "int", "retry_max", "Attempts to join before the agent gives up; 0 for no end."),
  flag("retry-max-wan", "int", "retry_max_wan", "Attempts to join another datacenter before the agent gives up; 0 for no end."),
  flag("segment", "string", "segment", "Not here: network segment to join (of the enterprise product)."),
  flag("serf-lan-allowed-cidrs", "strings", "serf_lan_allowed_cidrs", "Network that members may come from. May be given several times."),
  flag("serf-lan-bind", "string", "serf_lan", "Address to listen on for gossip within the datacenter."),
  flag("serf-lan-port", "int", "ports.serf_lan", "Port of gossip within the datacenter."),
  flag("serf-wan-allowed-cidrs", "strings", "serf_wan_allowed_cidrs", "Network that servers of other datacenters may come from. May be given several times."),
  flag("serf-wan-bind", "string", "serf_wan", "Address to listen on for gossip between datacenters."),
  flag("serf-wan-port", "int", "ports.serf_wan", "Port of gossip between datacenters."),
  flag("server", "bool", "server", "Makes this agent a server."),
  flag("server-port", "int", "ports.server", "Port that servers talk to each other on."),
  flag("syslog", "bool", "enable_syslog", "Sends the log to syslog as well."),
  flag("ui", "bool", "ui", "Serves the built-in pages."),
  flag("ui-content-path", "string", "ui_content_path", "Path below which the pages are served; /ui/ when not given."),
  flag("ui-dir", "string", "ui_dir", "Folder with pages of one's own."),
];

/** What the flags of one command line said: strings, numbers, switches and, for repeated ones, lists. */
export type FlagValues = ReadonlyMap<string, string | number | boolean | readonly string[]>;

/** The flags of `agent` as a source of settings. Throws `ConfigError` for a `-node-meta` that is no pair. */
export function settingsOfFlags(values: FlagValues): Definition {
  const trees: Definition[] = [];
  for (const { name, key, kind } of AGENT_FLAGS) {
    const value = values.get(name);
    if (value === undefined || key === "") continue;
    trees.push(settingTree(key, kind === "pairs" ? pairs(value) : value));
  }
  return mergeSettings(trees);
}

function pairs(value: string | number | boolean | readonly string[]): Setting {
  if (typeof value !== "object") throw new ConfigError(`-node-meta takes key:value, not "${String(value)}"`);
  return Object.fromEntries(
    value.map((text) => {
      const colon = text.indexOf(":");
      return colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
    }),
  );
}
