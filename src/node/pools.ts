import { dirname } from "node:path";
import type { NodeId } from "../base/ids.ts";
import { inNetwork, type PoolSettings, type RuntimeConfig } from "../config/index.ts";
import {
  clientTags,
  DEV,
  type Gossip,
  LAN,
  lanGuard,
  lanServerTags,
  type MergeGuard,
  type PoolKind,
  poolFiles,
  type ServerTags,
  startGossip,
  startingKeys,
  WAN,
  wanGuard,
  wanName,
  wanServerTags,
  withOverrides,
} from "../gossip/index.ts";
import { parseAddress } from "../platform/index.ts";
import type { NodePlatform, Pools } from "./options.ts";

export interface PoolsRequest {
  readonly config: RuntimeConfig;
  readonly platform: NodePlatform;
  readonly id: NodeId;
  /** Where a server takes calls; `undefined` for a client. */
  readonly rpcAddress: string | undefined;
}

/** Opens the pools that the configuration names; `undefined` when it wants none. Whoever takes them closes them. Rejects as `startGossip` does. */
export async function openPools(request: PoolsRequest): Promise<Pools | undefined> {
  const { lan, wan } = request.config.gossip;
  if (lan === undefined) return undefined;
  const far = wan === undefined || request.rpcAddress === undefined ? undefined : await open("wan", wan, request);
  try {
    const wanJoinPort = far === undefined ? undefined : parseAddress(far.address).port;
    return { lan: await open("lan", lan, request, wanJoinPort), wan: far };
  } catch (error) {
    await far?.[Symbol.asyncDispose]();
    throw error;
  }
}

async function open(kind: PoolKind, pool: PoolSettings, request: PoolsRequest, wanJoinPort?: number): Promise<Gossip> {
  const { config, platform, id } = request;
  const { datacenter, nodeName, dataDir, devMode, gossip } = config;
  const files = dataDir === "" ? undefined : poolFiles(dataDir, kind);
  if (files !== undefined) await platform.files.makeFolder(dirname(files.snapshot));
  const keyring = gossip.keyringFile ? files?.keyring : undefined;
  const keys = await startingKeys(platform.files, { path: keyring, encrypt: gossip.encrypt });
  const { verifyIncoming, verifyOutgoing } = gossip;
  const guard = kind === "lan" ? lanGuard({ datacenter, name: nodeName, id }) : wanGuard();
  return startGossip(
    {
      name: kind === "lan" ? nodeName : wanName(nodeName, datacenter),
      bind: pool.bind,
      advertise: pool.advertise,
      tags: tagsOf(kind, request, wanJoinPort),
      timing: withOverrides(devMode ? DEV : kind === "lan" ? LAN : WAN, pool.timing),
      encryption: keys === undefined ? undefined : { keys, ...(keyring === undefined ? {} : { file: keyring }), verifyIncoming, verifyOutgoing },
      guard: within(pool.allowedNetworks, guard),
      snapshotFile: files?.snapshot,
      rejoinAfterLeave: config.join.rejoinAfterLeave,
      reconnectTimeoutMs: pool.reconnectTimeoutMs,
      label: kind,
    },
    platform,
  );
}

function tagsOf(kind: PoolKind, { config, id, rpcAddress }: PoolsRequest, wanJoinPort: number | undefined): ReadonlyMap<string, string> {
  const { datacenter, bootstrap, devMode, bootstrapExpect } = config;
  if (rpcAddress === undefined) return clientTags({ datacenter, id });
  const { port } = parseAddress(rpcAddress);
  const server: ServerTags = { datacenter, id, port, expect: bootstrapExpect, bootstrap: bootstrap && !devMode };
  return kind === "lan" ? lanServerTags({ ...server, wanJoinPort }) : wanServerTags(server);
}

/** Refuses whoever comes from elsewhere, before anything else. */
function within(networks: readonly string[], guard: MergeGuard): MergeGuard {
  if (networks.length === 0) return guard;
  const { refuseList } = guard;
  return {
    refuse: (node) =>
      networks.some((network) => inNetwork(node.ip, network)) ? guard.refuse(node) : `its address ${node.ip} is in none of the allowed networks`,
    ...(refuseList === undefined ? {} : { refuseList: (nodes) => refuseList(nodes) }),
  };
}
