import { consulVersion } from "../model/index.ts";
import type { Clock } from "../platform/index.ts";
import type { RaftNode } from "../raft/index.ts";
import type { StateStore } from "../state/index.ts";
import type { Leadership } from "./leadership.ts";
import type { Member } from "./ports.ts";

/**
 * The members as raft knows them: its configuration, and on the leader the time since each server's last answer.
 * A server that does not lead believes the catalog, where the leader notes what it sees.
 */
export class RaftMembers {
  readonly #raft: RaftNode;
  readonly #state: StateStore;
  readonly #leadership: Leadership;
  readonly #clock: Clock;
  readonly #failedAfterMs: number;
  #term = -1;
  #leadingSince = 0;

  constructor(options: {
    readonly raft: RaftNode;
    readonly state: StateStore;
    readonly leadership: Leadership;
    readonly clock: Clock;
    readonly failedAfterMs: number;
  }) {
    this.#raft = options.raft;
    this.#state = options.state;
    this.#leadership = options.leadership;
    this.#clock = options.clock;
    this.#failedAfterMs = options.failedAfterMs;
  }

  members(): readonly Member[] {
    const status = this.#raft.status();
    if (status.term !== this.#term) {
      this.#term = status.term;
      this.#leadingSince = this.#clock.now();
    }
    const contact = new Map(status.peers.map((peer) => [peer.id, peer.lastContactMs]));
    return status.configuration.servers.map((server) => {
      const silentMs = server.id === status.id ? 0 : this.#leadership.isLeader ? this.#silence(contact.get(server.id)) : this.#noted(server.name);
      const failedForMs = Math.max(0, silentMs - this.#failedAfterMs);
      const condition = silentMs > this.#failedAfterMs ? "failed" : "alive";
      const { id, name, address } = server;
      const voter = server.suffrage === "voter";
      return { id, name, address, server: true, status: condition, voter, failedForMs, version: consulVersion, expect: 0, bootstrap: false };
    });
  }

  /** A server that has not answered in this term counts from the beginning of the leadership. */
  #silence(lastContactMs: number | undefined): number {
    return lastContactMs ?? this.#clock.now() - this.#leadingSince;
  }

  #noted(name: string): number {
    const health = this.#state.health.node(name).value.find((check) => check.checkId === "serfHealth");
    return health?.status === "critical" ? this.#failedAfterMs + 1 : 0;
  }
}
