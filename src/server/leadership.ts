import type { LeadershipView, RaftNode } from "../raft/index.ts";

/** Who leads, as raft last told; asked on every call, so it is kept at hand. */
export class Leadership implements Disposable {
  #view: LeadershipView;
  readonly #waiters = new Set<() => void>();
  readonly #subscriptions: readonly Disposable[];

  constructor(raft: RaftNode) {
    const { role, term, leader } = raft.status();
    this.#view = { role, term, leader };
    this.#subscriptions = [
      raft.onLeadership((now) => {
        this.#view = now;
        this.#wake();
      }),
      // A server that is new knows its leader before it knows where the leader is.
      raft.onConfiguration(() => {
        const status = raft.status();
        this.#view = { role: status.role, term: status.term, leader: status.leader };
      }),
    ];
  }

  get isLeader(): boolean {
    return this.#view.role === "leader";
  }

  get view(): LeadershipView {
    return this.#view;
  }

  /** Calls `wake` once, at the next change. */
  onceChanged(wake: () => void): Disposable {
    this.#waiters.add(wake);
    return { [Symbol.dispose]: () => void this.#waiters.delete(wake) };
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#wake();
  }

  #wake(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const wake of waiters) wake();
  }
}
