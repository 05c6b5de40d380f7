import { singleAddress } from "./addresses.ts";
import { ConfigError, listErrors } from "./decode.ts";
import type { ListInterfaces } from "./interfaces.ts";
import { joinHostPort, parseCidr } from "./ip.ts";
import type { Reader } from "./reader.ts";
import type { GossipSettings, PoolSettings, Ports } from "./runtime.ts";

interface Places {
  readonly bindAddr: string;
  readonly advertiseAddr: string;
  readonly advertiseAddrWan: string;
}

/** Consul's least for `reconnect_timeout` and `reconnect_timeout_wan`, milliseconds. */
const RECONNECT_MIN_MS = 8 * 3_600_000;
const HOUR_MS = 3_600_000;

/** Where an agent gossips and how. Consul configuration docs: `gossip_lan`, `encrypt`, `ports.serf_lan`, `reconnect_timeout`. */
export function gossipSettings(
  from: Reader,
  { ports, places, interfaces, devMode, server }: { ports: Ports; places: Places; interfaces: ListInterfaces; devMode: boolean; server: boolean },
): GossipSettings {
  const pool = (kind: "lan" | "wan", advertise: string): PoolSettings | undefined => {
    const port = kind === "lan" ? ports.serfLan : ports.serfWan;
    const bind = singleAddress(from, `serf_${kind}`, interfaces) ?? places.bindAddr;
    const networks = cidrs(from, `serf_${kind}_allowed_cidrs`);
    if (port < 0 || (kind === "wan" && !server)) return undefined;
    return {
      bind: joinHostPort(bind, port),
      advertise: joinHostPort(advertise, port),
      allowedNetworks: networks,
      reconnectTimeoutMs: reconnectTimeout(from, kind === "lan" ? "reconnect_timeout" : "reconnect_timeout_wan"),
      timing: {
        gossipIntervalMs: some(from.duration(`gossip_${kind}.gossip_interval`, 0)),
        gossipNodes: some(from.number(`gossip_${kind}.gossip_nodes`, 0)),
        probeIntervalMs: some(from.duration(`gossip_${kind}.probe_interval`, 0)),
        probeTimeoutMs: some(from.duration(`gossip_${kind}.probe_timeout`, 0)),
        suspicionMult: some(from.number(`gossip_${kind}.suspicion_mult`, 0)),
        retransmitMult: some(from.number(`gossip_${kind}.retransmit_mult`, 0)),
      },
    };
  };
  return {
    lan: pool("lan", places.advertiseAddr),
    wan: pool("wan", places.advertiseAddrWan),
    encrypt: from.string("encrypt"),
    verifyIncoming: from.bool("encrypt_verify_incoming", true),
    verifyOutgoing: from.bool("encrypt_verify_outgoing", true),
    keyringFile: !devMode && !from.bool("disable_keyring_file"),
    coordinates: {
      enabled: !from.bool("disable_coordinates"),
      ratePerSecond: from.number("sync_coordinate_rate_target", 64),
      intervalMinMs: from.duration("sync_coordinate_interval_min", 15_000),
      flushMs: from.duration("consul.coordinate.update_period", devMode ? 100 : 5_000),
    },
  };
}

function some(value: number): number | undefined {
  return value > 0 ? value : undefined;
}

function reconnectTimeout(from: Reader, key: string): number {
  const ms = from.duration(key, 0);
  if (ms !== 0 && ms < RECONNECT_MIN_MS) from.errors.push(`${key} must be >= 8h`);
  return ms === 0 ? 72 * HOUR_MS : ms;
}

function cidrs(from: Reader, key: string): readonly string[] {
  const given = from.strings(key);
  const wrong = given.filter((cidr) => parseCidr(cidr) === undefined);
  if (wrong.length > 0) throw new ConfigError(`${key}: ${listErrors(wrong.map((cidr) => `invalid cidr: ${cidr}`))}`);
  return given;
}
