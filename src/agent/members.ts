import { type PoolMember, statusNumber } from "../gossip/index.ts";

/** A member as Consul's API describes it. Consul api-docs, agent/members. */
export interface MemberDescription {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Serf's number: 1 alive, 2 leaving, 3 left, 4 failed. */
  readonly status: number;
  readonly protocolMin: number;
  readonly protocolMax: number;
  readonly protocolCur: number;
  readonly delegateMin: number;
  readonly delegateMax: number;
  readonly delegateCur: number;
}

export function describeMember({ name, ip, port, tags, status, protocol, delegate }: PoolMember): MemberDescription {
  return {
    name,
    address: ip,
    port,
    tags: Object.fromEntries(tags),
    status: statusNumber(status),
    protocolMin: protocol.min,
    protocolMax: protocol.max,
    protocolCur: protocol.current,
    delegateMin: delegate.min,
    delegateMax: delegate.max,
    delegateCur: delegate.current,
  };
}
