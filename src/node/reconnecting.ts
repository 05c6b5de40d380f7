import type { Gossip } from "../gossip/index.ts";
import { type Clock, formatAddress } from "../platform/index.ts";
import type { Rpc } from "../rpc/index.ts";
import { RECONNECT_MS } from "./limits.ts";
import type { PoolAgents } from "./pool-agents.ts";

interface Reconnecting {
  readonly lan: Gossip;
  readonly agents: PoolAgents;
  readonly rpc: Pick<Rpc, "connectedTo">;
  readonly clock: Clock;
}

/**
 * Joins servers that the pool holds for failed while this one has a connection to them: after a partition the servers find each other within a second,
 * the pool by itself only when its reconnect timer comes round.
 */
export function reconnect({ lan, agents, rpc, clock }: Reconnecting): Disposable {
  let stopped = false;
  let timer: Disposable | undefined;
  const look = (): void => {
    const back = agents.members().filter(({ id, server, status }) => server && status === "failed" && rpc.connectedTo(id));
    const places = back.flatMap(({ name }) => {
      const member = lan.member(name);
      return member === undefined ? [] : [`${name}/${formatAddress(member.ip, member.port)}`];
    });
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
