import type { LeadershipView, RaftNode } from "../raft/index.ts";

/** Who leads, as raft last told; asked on every call, so it is kept at hand. */
export class Leadership implements Disposable {
  #view: LeadershipView;
  readonly #waiters = new Set<() => void>();
  readonly #subscription: Disposable;

  constructor(raft: RaftNode) {
    const { role, term, leader } = raft.status();
    this.#view = { role, term, leader };
    this.#subscription = raft.onLeadership((view) => {
      this.#view = view;
      const waiters = [...this.#waiters];
      this.#waiters.clear();
      for (const wake of waiters) wake();
    });
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
    this.#subscription[Symbol.dispose]();
    for (const wake of [...this.#waiters]) wake();
    this.#waiters.clear();
  }
}
