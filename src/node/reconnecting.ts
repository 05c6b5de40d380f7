import type { Gossip } from "../gossip/index.ts";
import { type Clock, formatAddress, parseAddress } from "../platform/index.ts";
import type { RaftNode } from "../raft/index.ts";
import type { Rpc } from "../rpc/index.ts";
import { RECONNECT_MS } from "./limits.ts";
import type { PoolAgents } from "./pool-agents.ts";

interface Reconnecting {
  readonly lan: Gossip;
  readonly agents: PoolAgents;
  readonly rpc: Pick<Rpc, "connectedTo">;
  readonly raft: Pick<RaftNode, "status">;
  readonly clock: Clock;
}

/**
 * Joins servers that this one has a connection to while the pool does not hold them for alive. Those it holds for failed: after a partition the
 * servers find each other within a second, the pool by itself only when its reconnect timer comes round. And those that only raft knows: a server
 * that was killed before its pool's members were written down has no other address to begin with; they are taken to have our own gossip port.
 */
export function reconnect({ lan, agents, rpc, raft, clock }: Reconnecting): Disposable {
  let stopped = false;
  let timer: Disposable | undefined;
  const look = (): void => {
    const back = agents.members().filter(({ id, server, status }) => server && status === "failed" && rpc.connectedTo(id));
    const failed = back.flatMap(({ name }) => {
      const member = lan.member(name);
      return member === undefined ? [] : [`${name}/${formatAddress(member.ip, member.port)}`];
    });
    const { id: own, configuration } = raft.status();
    const { port } = parseAddress(lan.address);
    const unknown = configuration.servers
      .filter(({ id, name }) => id !== own && lan.member(name) === undefined && rpc.connectedTo(id))
      .map(({ name, address }) => `${name}/${formatAddress(parseAddress(address).host, port)}`);
    const places = [...failed, ...unknown];
    const joined = places.length === 0 || lan.stopped ? Promise.resolve() : lan.join(places).then(() => undefined);
    joined
      .finally(() => {
        if (!stopped) timer = clock.after(RECONNECT_MS, look);
      })
      .catch(() => undefined); // a join does not reject
  };
  timer = clock.after(RECONNECT_MS, look);
  return {
    [Symbol.dispose]: () => {
      stopped = true;
      timer?.[Symbol.dispose]();
    },
  };
}
