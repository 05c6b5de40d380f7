import type { RaftNode } from "../../../src/raft/index.ts";
import { ask } from "../ask.ts";
import type { Outcome } from "../checkers/history.ts";
import type { SimRandom } from "../engine/random.ts";
import type { Scheduler } from "../engine/scheduler.ts";
import type { Faults } from "../faults.ts";
import type { Weather } from "../weather.ts";
import type { RaftServer } from "./raft-server.ts";

const MAX_VOTERS = 5;

/** People who run the cluster: they add and remove servers, move the leadership and take snapshots. */
export class Operators {
  readonly #scheduler: Scheduler;
  readonly #random: SimRandom;
  readonly #servers: readonly RaftServer[];
  /** Ids that were, or may have been, sent away: their machines are not asked in again before they are wiped. */
  readonly #retired = new Set<string>();

  constructor(scheduler: Scheduler, random: SimRandom, servers: readonly RaftServer[]) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#servers = servers;
  }

  begin(faults: Faults, weather: Weather): void {
    faults.every(weather.membershipEveryMs, () => this.#changeMembership());
    faults.every(weather.transferEveryMs, () => this.#transfer());
    faults.every(weather.snapshotEveryMs, () => this.#do(this.#random.pick(this.#servers), "snapshot", (node) => node.snapshotNow()));
  }

  leader(): RaftServer | undefined {
    const leaders = this.#servers.filter((server) => server.node?.status().role === "leader");
    return leaders.sort((a, b) => (b.node?.status().term ?? 0) - (a.node?.status().term ?? 0))[0];
  }

  #transfer(): void {
    const leader = this.leader();
    if (leader === undefined) return;
    const to = this.#random.chance(0.5) ? this.#random.pick(this.#servers).id : undefined;
    this.#do(leader, `transfer to ${to ?? "anyone"}`, (node) => node.transferLeadership(to));
  }

  #changeMembership(): void {
    const leader = this.leader();
    const configuration = leader?.node?.status().configuration;
    if (leader === undefined || configuration === undefined) return;
    const voters = configuration.servers.filter((server) => server.suffrage === "voter");
    const learners = configuration.servers.filter((server) => server.suffrage === "learner");
    const strangers = this.#servers.filter((server) => server.node?.status().configuration.servers.length === 0 && !this.#retired.has(server.id));
    const random = this.#random;
    const dice = random.float();
    if (dice < 0.3 && strangers.length > 0 && configuration.servers.length < MAX_VOTERS) {
      const { id, host, name } = random.pick(strangers);
      this.#do(leader, `add ${id}`, (node) => node.changeMembership({ kind: "add-learner", id, address: host, name }));
    } else if (dice < 0.65 && learners.length > 0) {
      const { id } = random.pick(learners);
      this.#do(leader, `promote ${id}`, (node) => node.changeMembership({ kind: "promote", id }));
    } else if (dice < 0.75 && voters.length > 2) {
      const { id } = random.pick(voters);
      this.#do(leader, `demote ${id}`, (node) => node.changeMembership({ kind: "demote", id }));
    } else if (voters.length > 2 || learners.length > 0) {
      const { id } = random.pick(voters.length > 2 ? configuration.servers : learners);
      this.#retired.add(id);
      this.#do(
        leader,
        `remove ${id}`,
        (node) => node.changeMembership({ kind: "remove", id }),
        (outcome) => this.#removed(id, outcome),
      );
    }
  }

  /** The removed machine is taken away, and another one stands in its place. */
  #removed(id: string, outcome: Outcome): void {
    if (outcome === "failed") this.#retired.delete(id);
    if (outcome !== "ok") return;
    const server = this.#servers.find((one) => one.id === id);
    this.#scheduler.world(this.#random.between(500, 2_000), () => {
      if (server?.id !== id) return;
      server.wipe();
      server.start();
    });
  }

  #do(server: RaftServer, what: string, run: (node: RaftNode) => Promise<unknown>, then?: (outcome: Outcome) => void): void {
    const { node, process, name } = server;
    if (node === undefined) return;
    this.#scheduler.tell(`operator at ${name}: ${what}`);
    void ask(this.#scheduler, { process, latencyMs: 0.2, timeoutMs: 10_000, run: () => run(node) }).then((answer) => {
      this.#scheduler.tell(`operator at ${name}: ${what}: ${answer.outcome} ${answer.error?.message ?? ""}`);
      then?.(answer.outcome);
    });
  }
}
