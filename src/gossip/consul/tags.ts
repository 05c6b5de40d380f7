import { consulVersion } from "../../model/index.ts";

/** What every agent of a datacenter says of itself in its tags. */
export interface AgentTags {
  readonly datacenter: string;
  /** UUID of the node. */
  readonly id: string;
  /** "" for the one everybody is in. */
  readonly segment?: string;
  /** 0 disabled, 1 enabled, 2 legacy, 3 unknown; disabled when not given. */
  readonly acls?: 0 | 1 | 2 | 3;
  /** Version and revision, as `1.8.7:`; Consul's own when not given. */
  readonly build?: string;
}

export interface ServerTags extends AgentTags {
  /** Port of the servers' own RPC. */
  readonly port: number;
  /** Of the WAN pool; none: there is no WAN pool. */
  readonly wanJoinPort?: number | undefined;
  /** `-bootstrap-expect`; 0: not said. Of 1 Consul says that it bootstraps. */
  readonly expect?: number;
  readonly bootstrap?: boolean;
  readonly nonVoter?: boolean;
  readonly useTls?: boolean;
}

/** Consul's protocol: spoken, least and most. */
const PROTOCOL = { vsn: "2", vsn_min: "2", vsn_max: "3" };
const RAFT_PROTOCOL = "3";

/** Tags of a client agent in the LAN pool. */
export function clientTags(agent: AgentTags): ReadonlyMap<string, string> {
  return new Map(Object.entries({ role: "node", ...common(agent) }));
}

/** Tags of a server in the LAN pool. */
export function lanServerTags(server: ServerTags): ReadonlyMap<string, string> {
  const wan = server.wanJoinPort === undefined ? {} : { wan_join_port: String(server.wanJoinPort) };
  return new Map(Object.entries({ ...serverOnly(server), ...wan }));
}

/** Tags of a server in the WAN pool, whose name there is `node.datacenter`. */
export function wanServerTags(server: ServerTags): ReadonlyMap<string, string> {
  return new Map(Object.entries(serverOnly(server)));
}

/** A server's name in the WAN pool. */
export function wanName(node: string, datacenter: string): string {
  return `${node}.${datacenter}`;
}

function common({ datacenter, id, segment = "", acls = 0, build = `${consulVersion}:` }: AgentTags): Record<string, string> {
  return { dc: datacenter, segment, id, ...PROTOCOL, build, acls: String(acls) };
}

function serverOnly(server: ServerTags): Record<string, string> {
  const { expect = 0, bootstrap = false, nonVoter = false, useTls = false } = server;
  return {
    role: "consul",
    ...common(server),
    raft_vsn: RAFT_PROTOCOL,
    port: String(server.port),
    ft_fs: "1",
    ...(expect > 1 ? { expect: String(expect) } : {}),
    ...(bootstrap || expect === 1 ? { bootstrap: "1" } : {}),
    ...(nonVoter ? { nonvoter: "1" } : {}),
    ...(useTls ? { use_tls: "1" } : {}),
  };
}
