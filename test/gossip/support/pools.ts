import { Scope } from "../../../src/base/scope.ts";
import { type Gossip, type GossipSettings, LAN, type MemberEvent, type PoolEvent, startGossip } from "../../../src/gossip/index.ts";
import { type RealPlatform, realPlatform } from "../../../src/platform/index.ts";

/** A member of ours in this process, and what it has been told. */
export interface OwnMember extends AsyncDisposable {
  readonly gossip: Gossip;
  readonly platform: RealPlatform;
  /** Changes of members as `change name`, in order. */
  readonly changes: string[];
  readonly events: PoolEvent[];
  readonly log: string[];
  /** A counter's sum since the start. */
  counted(name: string): Promise<number>;
}

export async function startOwn(settings: Partial<GossipSettings> & Pick<GossipSettings, "name" | "bind">): Promise<OwnMember> {
  const scope = new Scope();
  const log: string[] = [];
  const platform = realPlatform(scope, { log: { level: "debug", write: (text) => void log.push(text) } });
  const gossip = scope.use(await startGossip({ tags: new Map([["role", "node"]]), timing: LAN, label: "lan", leavePropagateMs: 100, ...settings }, platform));
  const changes: string[] = [];
  const events: PoolEvent[] = [];
  gossip.onMember(({ change, member }: MemberEvent) => void changes.push(`${change} ${member.name}`));
  gossip.onEvent((event) => void events.push(event));
  return {
    gossip,
    platform,
    changes,
    events,
    log,
    async counted(name) {
      const { text } = await platform.metricsView.prometheus();
      const line = text.split("\n").find((each) => each.startsWith(`consul_${name.replaceAll(".", "_")} `));
      return Number(line?.split(" ")[1] ?? Number.NaN);
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

/** The status of a member in somebody's eyes. */
export function statusOf(own: OwnMember, name: string): string | undefined {
  return own.gossip.member(name)?.status;
}
