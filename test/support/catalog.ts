import type { ServerProcess } from "./server-process.ts";

/**
 * Settings with which a death is noticed within a second or two. In pools as small as a test's a piece of news that is passed on four times
 * misses somebody now and then, who then hears it with the next exchange of lists, a minute later; passed on more often it does not.
 */
const QUICK = { probe_interval: "200ms", probe_timeout: "100ms", suspicion_mult: 3, gossip_interval: "50ms", retransmit_mult: 20 } as const;
export const QUICK_GOSSIP = { gossip_lan: QUICK, gossip_wan: QUICK } as const;

/** Status of `serfHealth` by node, as this agent's catalog has it. */
export async function health(agent: ServerProcess): Promise<ReadonlyMap<string, string>> {
  const checks = (await agent.api.json("GET", "/v1/health/state/any")) as readonly {
    readonly Node: string;
    readonly CheckID: string;
    readonly Status: string;
  }[];
  return new Map(checks.filter(({ CheckID }) => CheckID === "serfHealth").map(({ Node, Status }) => [Node, Status]));
}

/** Serf's number for each member: 1 alive, 2 leaving, 3 left, 4 failed. */
export async function statuses(agent: ServerProcess, pool = ""): Promise<ReadonlyMap<string, number>> {
  const members = (await agent.api.json("GET", `/v1/agent/members${pool}`)) as readonly { readonly Name: string; readonly Status: number }[];
  return new Map(members.map(({ Name, Status }) => [Name, Status]));
}

/** Makes a session at an agent and takes a key with it. */
export async function holdKey(agent: ServerProcess, key: string): Promise<void> {
  const { ID } = (await agent.api.json("PUT", "/v1/session/create", { body: JSON.stringify({ LockDelay: "1ms" }) })) as { readonly ID: string };
  if (!(await agent.api.put(key, agent.name, `?acquire=${ID}`))) throw new Error(`"${key}" is held by somebody else`);
}

/** Whether a session holds the key. */
export async function isHeld(agent: ServerProcess, key: string): Promise<boolean> {
  const [row] = (await agent.api.json("GET", `/v1/kv/${key}`)) as readonly { readonly Session?: string }[];
  return row?.Session !== undefined;
}
