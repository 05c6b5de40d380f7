import assert from "node:assert/strict";
import type { ServerProcess } from "./server-process.ts";
import { until } from "./until.ts";

/** What one of our agents has counted since its start under a name such as `raft.state.leader`; of a histogram: how many values. */
export async function counted({ api }: ServerProcess, name: string): Promise<number> {
  const { body } = await api.ask("GET", "/v1/agent/metrics?format=prometheus");
  const series = `consul_${name.replaceAll(".", "_")}`;
  const line = new RegExp(`^${series}(?:_count)? (\\S+)$`, "m").exec(body.toString());
  assert(line !== null, `${series} is counted`);
  return Number(line[1]);
}

/** Waits until each of the agents has counted so many more than now. */
export async function untilCounted(agents: readonly ServerProcess[], name: string, more: number): Promise<void> {
  const goals = await Promise.all(agents.map(async (agent) => ({ agent, goal: (await counted(agent, name)) + more })));
  await Promise.all(
    goals.map(({ agent, goal }) => until(`${agent.name} has counted ${more} more of ${name}`, async () => (await counted(agent, name)) >= goal)),
  );
}
