import { type PoolMember, statusNumber } from "../gossip/index.ts";
import type { AgentMember } from "../model/index.ts";

/** A member as Consul's API describes it. Consul api-docs, agent/members. */
export function describeMember({ name, ip, port, tags, status, protocol, delegate }: PoolMember): AgentMember {
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
