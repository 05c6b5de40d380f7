import { type Gossip, parseServerTags, wanName } from "../gossip/index.ts";
import { type Clock, formatAddress } from "../platform/index.ts";
import { FLOOD_JOIN_MS } from "./limits.ts";

interface Flood {
  readonly lan: Gossip;
  readonly wan: Gossip;
  readonly datacenter: string;
  readonly clock: Clock;
}

/** Brings the servers of the LAN pool into the WAN pool, so that one `join -wan` is enough for all of them. Consul's flood joiner. */
export function floodJoin({ lan, wan, datacenter, clock }: Flood): Disposable {
  let timer: Disposable | undefined;
  let stopped = false;
  let busy = false;
  const look = (): void => {
    timer?.[Symbol.dispose]();
    if (stopped) return;
    timer = clock.after(FLOOD_JOIN_MS, look);
    const missing = missingIn(lan, wan, datacenter);
    if (busy || missing.length === 0) return;
    busy = true;
    wan
      .join(missing)
      .finally(() => {
        busy = false;
      })
      .catch(() => undefined); // a join does not reject
  };
  const watch = lan.onMember(({ change, member }) => {
    if ((change === "join" || change === "update") && parseServerTags(member) !== undefined) look();
  });
  look();
  return {
    [Symbol.dispose]: () => {
      stopped = true;
      watch[Symbol.dispose]();
      timer?.[Symbol.dispose]();
    },
  };
}

function missingIn(lan: Gossip, wan: Gossip, datacenter: string): readonly string[] {
  return lan.members().flatMap((member) => {
    const server = parseServerTags(member);
    if (server?.wanJoinPort === undefined || member.status !== "alive" || server.datacenter !== datacenter || member.name === lan.name) return [];
    const name = wanName(member.name, datacenter);
    return wan.member(name)?.status === "alive" ? [] : [`${name}/${formatAddress(member.ip, server.wanJoinPort)}`];
  });
}
