import type { NodeId } from "../base/ids.ts";
import type { AutopilotConfig, Backend, DatacenterCoordinates, KeyringAnswer, RequestOf } from "../model/index.ts";
import type { Platform } from "../platform/index.ts";
import type { RaftNode } from "../raft/index.ts";
import type { Rpc } from "../rpc/index.ts";
import type { StateHub } from "./state-hub.ts";

/** A server or agent as whoever watches the members sees it. */
export interface Member {
  readonly id: NodeId;
  readonly name: string;
  /** `ip:port` of its server port; where a client gossips. */
  readonly address: string;
  readonly server: boolean;
  readonly status: "alive" | "leaving" | "failed" | "left";
  readonly voter: boolean;
  /** Milliseconds since it failed, by this server's clock; 0 while it is alive. */
  readonly failedForMs: number;
  /** Of Consul, as it says itself; empty when it does not. */
  readonly version: string;
  /** How many servers it waits for before the first election (`-bootstrap-expect`); 0: it does not say. */
  readonly expect: number;
  /** Whether it makes a cluster of itself alone. */
  readonly bootstrap: boolean;
}

/** An agent of this datacenter as its LAN pool knows it. */
export type PoolAgent = Omit<Member, "voter">;

/** The LAN pool as the leader's source of members. `node` fills it in. */
export interface MemberSource {
  /** Agents of this datacenter, also those that failed or left, until they are forgotten. No two have one name. */
  members(): readonly PoolAgent[];
  /** Called when somebody came, changed, failed, left or was forgotten. */
  onChange(listener: () => void): Disposable;
  /** Makes a failed member one that left, in all pools; nothing happens when nobody has the name. */
  dismiss(name: string): Promise<void>;
}

/** Servers of other datacenters. `node` fills it in. */
export interface DatacentersPort {
  /** Throws `unknown-datacenter` with Consul's text when no server of it is known. */
  of(datacenter: string): Backend;
}

/** What the gossip pools do for the endpoints of a server. `node` fills it in. */
export interface PoolsPort {
  /** Sends an event through the LAN pool, not coalesced. Throws `bad-request` when it is too long. */
  fireEvent(name: string, payload: Uint8Array): void;
  /** `Operator.Keyring` for the pools that this server is in: the WAN pool unless `localOnly`, then the LAN pool. A failure of a pool stands in its answer. */
  keyring(request: Pick<RequestOf<"Operator.Keyring">, "operation" | "key" | "relayFactor" | "localOnly">): Promise<readonly KeyringAnswer[]>;
  /** Nearest first, our own among them. */
  datacenters(): readonly string[];
  datacenterCoordinates(): readonly DatacenterCoordinates[];
}

/** What the leader registers in the catalog for a server. */
export interface ServerSettings {
  readonly id: NodeId;
  readonly nodeName: string;
  readonly datacenter: string;
  /** As other servers see it in the catalog. */
  readonly version: string;
  /** Least TTL of a session. */
  readonly sessionTtlMinMs: number;
  readonly defaultQueryTimeMs: number;
  readonly maxQueryTimeMs: number;
  readonly rpcHoldTimeoutMs: number;
  /** What a new cluster begins with. */
  readonly autopilot: Omit<AutopilotConfig, "createIndex" | "modifyIndex">;
  readonly failedAfterMs: number;
  /** How long the leader gathers coordinates before it writes them; 5 s when nothing is said. */
  readonly coordinatePeriodMs?: number;
  readonly deadAfterMs: number;
}

/** What a server is made of. The caller owns raft and rpc, and closes them after it. */
export interface ServerOptions {
  readonly settings: ServerSettings;
  readonly platform: Platform;
  readonly raft: RaftNode;
  readonly rpc: Rpc;
  readonly hub: StateHub;
  /** Addresses of servers to call at while no leader is known, besides those that raft knows. */
  readonly joins: readonly string[];
  /** Where an archive that is restored is kept until it has been verified. `/tmp` when nothing is said. */
  readonly spoolFolder?: string;
  /** The LAN pool; raft's own members alone when nothing is said. */
  readonly members?: MemberSource | undefined;
  /** There are no others when nothing is said. */
  readonly datacenters?: DatacentersPort | undefined;
  /** With how many servers to begin a cluster together (`-bootstrap-expect`); 0: this server begins none in this way. */
  readonly expect?: number;
  /** In no pool when nothing is said. */
  readonly pools?: PoolsPort;
}
