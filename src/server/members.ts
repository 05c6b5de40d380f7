import type { RaftNode } from "../raft/index.ts";
import type { Member, MemberSource } from "./ports.ts";
import type { RaftMembers } from "./raft-members.ts";

/**
 * Who is there: the LAN pool's agents, and servers of raft's configuration that the pool does not know (it may not have heard of them yet, or
 * there is no pool), as raft's own contact tells of them.
 */
export class Members {
  readonly #raft: RaftNode;
  readonly #inRaft: RaftMembers;
  readonly #pool: MemberSource | undefined;

  constructor(options: { readonly raft: RaftNode; readonly inRaft: RaftMembers; readonly pool: MemberSource | undefined }) {
    this.#raft = options.raft;
    this.#inRaft = options.inRaft;
    this.#pool = options.pool;
  }

  /** Whether there is a pool, which hears of a death sooner than raft and tells of servers that come back. */
  get pooled(): boolean {
    return this.#pool !== undefined;
  }

  members(): readonly Member[] {
    const pool = this.#pool?.members() ?? [];
    if (pool.length === 0) return this.#inRaft.members();
    const voters = new Set(
      this.#raft
        .status()
        .configuration.servers.filter((server) => server.suffrage === "voter")
        .map(({ id }) => id),
    );
    const here = new Set(pool.filter(({ server }) => server).map(({ id }) => id));
    return [...pool.map((agent) => ({ ...agent, voter: agent.server && voters.has(agent.id) })), ...this.#inRaft.members().filter(({ id }) => !here.has(id))];
  }

  /** One for each server: the living one where a machine has changed its name. */
  servers(): readonly Member[] {
    const byId = new Map<string, Member>();
    for (const member of this.members()) {
      if (!member.server) continue;
      const known = byId.get(member.id);
      if (known === undefined || known.status !== "alive") byId.set(member.id, member);
    }
    return [...byId.values()];
  }

  onChange(listener: () => void): Disposable {
    const subscriptions = [this.#raft.onConfiguration(listener), this.#pool?.onChange(listener)];
    return {
      [Symbol.dispose]: () => {
        for (const subscription of subscriptions) subscription?.[Symbol.dispose]();
      },
    };
  }

  async dismiss(name: string): Promise<void> {
    await this.#pool?.dismiss(name);
  }
}
