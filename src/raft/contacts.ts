import type { NodeId } from "../base/ids.ts";
import type { Clock, MonotonicMs } from "../platform/index.ts";
import type { Configuration, Role } from "./core/index.ts";

/** When others were last heard, in milliseconds by the clock: what `LastContact` and the health of servers are told from. */
export class Contacts {
  readonly #clock: Clock;
  readonly #peers = new Map<NodeId, MonotonicMs>();
  #leaderAt: MonotonicMs | undefined;
  #leading = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  heard(from: NodeId, leader: NodeId | undefined): void {
    const now = this.#clock.now();
    if (from === leader) this.#leaderAt = now;
    if (this.#leading) this.#peers.set(from, now);
  }

  role(role: Role): void {
    if (this.#leading && role !== "leader") this.#leaderAt = this.#clock.now();
    this.#leading = role === "leader";
    this.#peers.clear();
  }

  /** Since a leader was last heard; `undefined` when none ever was. */
  get leaderMs(): number | undefined {
    return this.#leaderAt === undefined ? undefined : this.#clock.now() - this.#leaderAt;
  }

  /** Since this peer last answered; `undefined` when it has not in this term. */
  peerMs(id: NodeId): number | undefined {
    const at = this.#peers.get(id);
    return at === undefined ? undefined : this.#clock.now() - at;
  }

  /** On the leader: since a majority, itself counted, last answered. */
  quorumMs(configuration: Configuration, self: NodeId): number {
    const silences = configuration.servers
      .filter((server) => server.suffrage === "voter")
      .map((server) => (server.id === self ? 0 : (this.peerMs(server.id) ?? 0)))
      .sort((a, b) => a - b);
    return silences[Math.floor(silences.length / 2)] ?? 0;
  }
}
