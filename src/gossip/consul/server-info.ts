import type { SerfStatus } from "../core/index.ts";
import type { PoolMember } from "../types.ts";

/** What a server's tags say. */
export interface ServerInfo {
  readonly name: string;
  /** Without `.datacenter`, as in the LAN pool. */
  readonly shortName: string;
  readonly id: string;
  readonly datacenter: string;
  readonly segment: string;
  readonly ip: string;
  /** Of its RPC. */
  readonly port: number;
  readonly wanJoinPort: number | undefined;
  /** Version as `1.8.7`. */
  readonly build: string;
  /** Consul's protocol. */
  readonly version: number;
  readonly raftVersion: number;
  readonly bootstrap: boolean;
  /** `-bootstrap-expect`; 0: not said. */
  readonly expect: number;
  readonly nonVoter: boolean;
  readonly useTls: boolean;
  /** 0 disabled, 1 enabled, 2 legacy, 3 unknown. */
  readonly acls: number;
  readonly featureFlags: ReadonlyMap<string, number>;
  readonly status: SerfStatus;
}

const ACLS_UNKNOWN = 3;

/** The server that a member of either pool is; `undefined` when it is none, or what it says of itself cannot be read. */
export function parseServerTags(member: Pick<PoolMember, "name" | "ip" | "tags" | "status">): ServerInfo | undefined {
  const { tags } = member;
  if (tags.get("role") !== "consul") return undefined;
  const port = integer(tags.get("port"));
  const version = integer(tags.get("vsn"));
  const build = /\d+\.\d+\.\d+/.exec(tags.get("build") ?? "")?.[0];
  const optional = ["expect", "raft_vsn", "wan_join_port"].map((tag) => (tags.has(tag) ? integer(tags.get(tag)) : 0));
  const [expect, raftVersion, wanJoinPort] = optional;
  const featureFlags = flags(tags);
  if (port === undefined || version === undefined || build === undefined || featureFlags === undefined) return undefined;
  if (expect === undefined || raftVersion === undefined || wanJoinPort === undefined || !segmentsAreSound(tags)) return undefined;
  const datacenter = tags.get("dc") ?? "";
  const suffix = `.${datacenter}`;
  return {
    name: member.name,
    shortName: member.name.endsWith(suffix) ? member.name.slice(0, -suffix.length) : member.name,
    id: tags.get("id") ?? "",
    datacenter,
    segment: tags.get("segment") ?? "",
    ip: member.ip,
    port,
    wanJoinPort: wanJoinPort === 0 ? undefined : wanJoinPort,
    build,
    version,
    raftVersion,
    bootstrap: tags.has("bootstrap") || expect === 1,
    expect,
    nonVoter: tags.has("nonvoter"),
    useTls: tags.has("use_tls"),
    acls: integer(tags.get("acls")) ?? ACLS_UNKNOWN,
    featureFlags,
    status: member.status,
  };
}

/** As Go's Atoi has it. */
function integer(text: string | undefined): number | undefined {
  return text !== undefined && /^[+-]?\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function flags(tags: ReadonlyMap<string, string>): ReadonlyMap<string, number> | undefined {
  const found = new Map<string, number>();
  for (const [tag, text] of tags) {
    if (!tag.startsWith("ft_")) continue;
    const value = integer(text);
    if (value === undefined) return undefined;
    found.set(tag.slice("ft_".length), value);
  }
  return found;
}

/** Addresses of network segments, which nobody here uses but which must be readable: `host:port`. */
function segmentsAreSound(tags: ReadonlyMap<string, string>): boolean {
  return [...tags].every(([tag, text]) => !tag.startsWith("sl_") || /^(\[[^\]]*\]|[^:]*):\d{1,5}$/.test(text));
}
