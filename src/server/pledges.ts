import type { RequestOf } from "../model/index.ts";
import type { Clock } from "../platform/index.ts";
import type { RaftNode } from "../raft/index.ts";
import { pledgeMs } from "./limits.ts";

/**
 * The word that this server, while its log is empty, gives to one founder of a cluster: so that servers that see different others do not
 * begin two clusters.
 */
export class Pledges {
  readonly #raft: RaftNode;
  readonly #clock: Clock;
  #given: { readonly founder: string; readonly servers: string; readonly untilMs: number } | undefined;

  constructor(raft: RaftNode, clock: Clock) {
    this.#raft = raft;
    this.#clock = clock;
  }

  /** Gives the word, or the reason why not. */
  ask({ founder, servers }: RequestOf<"Status.Pledge">): string {
    const { id, lastLogIndex, snapshotIndex } = this.#raft.status();
    const wanted = [...servers].sort().join();
    const now = this.#clock.now();
    if (lastLogIndex > 0 || snapshotIndex > 0) return "it has a log already";
    if (!servers.includes(id)) return "it is not among those servers";
    if (this.#given !== undefined && this.#given.untilMs > now && (this.#given.founder !== founder || this.#given.servers !== wanted))
      return `it has promised itself to server "${this.#given.founder}"`;
    this.#given = { founder, servers: wanted, untilMs: now + pledgeMs };
    return "";
  }
}
