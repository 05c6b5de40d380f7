import { KvorumError } from "../base/errors.ts";
import type { WriteOptions } from "../model/index.ts";
import type { Answer } from "./answer.ts";
import type { World } from "./route.ts";

const HEADER = "X-Kvorum-Warning";
const OVERWRITTEN = "The node has a live agent, which removes or overwrites what it does not know itself; register with that agent instead";
const BROUGHT_BACK = "The node has a live agent, which brings it back with all that it has; let that agent leave first";

/** An answer to a write to the catalog that says whether the agent of one of these nodes will have the last word on what was written. */
export async function warned(answer: Answer, world: World, nodes: Iterable<string>, options: WriteOptions): Promise<Answer> {
  return (await anyLive(world, nodes, options)) ? { ...answer, headers: [...answer.headers, HEADER, OVERWRITTEN] } : answer;
}

/** What the removal of a whole node is to be answered with besides; asked before it, since afterwards nobody knows. */
export async function removalHeaders(world: World, node: string, options: WriteOptions): Promise<readonly string[]> {
  return (await anyLive(world, [node], options)) ? [HEADER, BROUGHT_BACK] : [];
}

/** Whether the own agent of any of these nodes is alive, as far as the servers know; nobody's failure to tell spoils a write that is done. */
async function anyLive(world: World, nodes: Iterable<string>, { datacenter, token }: WriteOptions): Promise<boolean> {
  const options = { datacenter, token, consistency: "stale", maxStaleMs: undefined, minIndex: 0, maxWaitMs: 0, filter: "" } as const;
  const isLive = async (node: string): Promise<boolean> => {
    const { value } = await world.backend.call("Health.Node", { node, options });
    return value.some(({ checkId, serviceId, status }) => checkId === "serfHealth" && serviceId === "" && status === "passing");
  };
  try {
    return (await Promise.all([...nodes].map(isLive))).includes(true);
  } catch (error) {
    if (error instanceof KvorumError) return false;
    throw error;
  }
}
