import { KvorumError } from "../../base/errors.ts";
import type { ServerContext } from "../context.ts";
import { refuseStranger } from "../endpoints/operator.ts";
import { healthTimeoutMs } from "../limits.ts";
import type { Member } from "../ports.ts";

/** Servers that live in the pool and are not in raft's configuration. */
export function newcomers({ members, raft }: ServerContext): readonly Member[] {
  const known = new Set(raft.status().configuration.servers.map(({ id }) => id));
  return members.servers().filter(({ id, status }) => status === "alive" && id !== "" && !known.has(id));
}

/**
 * Takes a server in as a learner; autopilot lets it vote later. A server of the same name that the newcomer has replaced goes first. Whoever
 * cannot be reached or has a history of its own stays out, and is asked again in the next round; `told` keeps what has been said of it.
 */
export async function admit(context: ServerContext, member: Member, told: Map<string, string>): Promise<void> {
  const { raft, rpc, logger } = context;
  const { id, name, address } = member;
  try {
    const stats = await rpc.call({ id, address }, "Status.Server", {}, { timeoutMs: healthTimeoutMs });
    if (stats.id !== id) return logger.debug("Another server answers at its address", { server: name, id, address, there: stats.id });
    const before = raft.status().configuration.servers.find((server) => server.name.toLowerCase() === name.toLowerCase());
    if (before !== undefined && !isAlive(context, before.id)) {
      logger.info("Server takes the place of another one of its name", { server: name, id, before: before.id });
      await raft.changeMembership({ kind: "remove", id: before.id });
    }
    refuseStranger(context, stats, address);
    await raft.changeMembership({ kind: "add-learner", id, address: stats.address, name });
    logger.info("Server added: it learns", { server: name, id, address: stats.address });
  } catch (error) {
    if (!(error instanceof KvorumError)) throw error;
    if (told.get(id) !== error.message) logger.warn("Server not taken in yet", { server: name, id, error: error.message });
    told.set(id, error.message);
  }
}

function isAlive({ members }: ServerContext, id: string): boolean {
  return members.servers().some((server) => server.id === id && server.status === "alive");
}
