import { KvorumError } from "../base/errors.ts";
import { asNodeId } from "../base/ids.ts";
import { type PoolMember, parseServerTags, wanName } from "../gossip/index.ts";
import { type Clock, formatAddress } from "../platform/index.ts";
import type { MemberSource, PoolAgent } from "../server/index.ts";
import type { Pools } from "./options.ts";

/** The LAN pool as a server's source of members: agents of its datacenter, as their tags describe them. Others in the pool are nobody's business. */
export class PoolAgents implements MemberSource {
  readonly #pools: Pools;
  readonly #datacenter: string;
  readonly #clock: Pick<Clock, "now">;

  constructor(pools: Pools, datacenter: string, clock: Pick<Clock, "now">) {
    this.#pools = pools;
    this.#datacenter = datacenter;
    this.#clock = clock;
  }

  members(): readonly PoolAgent[] {
    const now = this.#clock.now();
    return this.#pools.lan.members().flatMap((member) => agentOf(member, this.#datacenter, now) ?? []);
  }

  onChange(listener: () => void): Disposable {
    return this.#pools.lan.onMember(() => listener());
  }

  async dismiss(name: string): Promise<void> {
    const { lan, wan } = this.#pools;
    await Promise.all([ifKnown(lan.forceLeave(name)), ifKnown(wan?.forceLeave(wanName(name, this.#datacenter)))]);
  }
}

/** The agent of a datacenter that a member of its LAN pool is; `undefined` when it is none. */
export function agentOf(member: PoolMember, datacenter: string, now: number): PoolAgent | undefined {
  const { name, tags, status, goneSinceMs, ip, port } = member;
  if (status === "none" || tags.get("dc") !== datacenter) return undefined;
  const server = parseServerTags(member);
  if (server === undefined && tags.get("role") !== "node") return undefined;
  return {
    id: asNodeId(tags.get("id") ?? ""),
    name,
    address: formatAddress(ip, server?.port ?? port),
    server: server !== undefined,
    status,
    failedForMs: status === "failed" && goneSinceMs !== undefined ? Math.max(0, now - goneSinceMs) : 0,
    version: server?.build ?? "",
    expect: server?.expect ?? 0,
    bootstrap: server?.bootstrap ?? false,
  };
}

async function ifKnown(leaving: Promise<void> | undefined): Promise<void> {
  try {
    await leaving;
  } catch (error) {
    if (!(error instanceof KvorumError) || error.code !== "not-found") throw error;
  }
}
