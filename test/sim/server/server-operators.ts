import { KvorumError } from "../../../src/base/errors.ts";
import { ask } from "../ask.ts";
import type { Outcome } from "../checkers/history.ts";
import type { SimRandom } from "../engine/random.ts";
import type { Scheduler } from "../engine/scheduler.ts";
import type { Faults } from "../faults.ts";
import type { Weather } from "../weather.ts";
import type { ServerPlace } from "./server-place.ts";

const OPTIONS = { datacenter: "", token: "" };

/** People who run the cluster, by the operator's calls at any server. */
export class ServerOperators {
  readonly #scheduler: Scheduler;
  readonly #random: SimRandom;
  readonly #places: readonly ServerPlace[];
  /** Ids that were, or may have been, sent away: their machines are not asked in again before they are wiped. */
  readonly #retired = new Set<string>();

  constructor(scheduler: Scheduler, random: SimRandom, places: readonly ServerPlace[]) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#places = places;
  }

  begin(faults: Faults, weather: Weather): void {
    faults.every(weather.membershipEveryMs, () => this.#changeMembership());
    faults.every(weather.transferEveryMs, () => this.#transfer());
    faults.every(weather.snapshotEveryMs, () => {
      const place = this.#random.pick(this.#places);
      this.#do(place, "snapshot", () => place.raft?.snapshotNow());
    });
  }

  /** Whoever leads in the highest term. */
  leader(): ServerPlace | undefined {
    const leaders = this.#places.filter((place) => place.leads);
    return leaders.sort((a, b) => (b.raft?.status().term ?? 0) - (a.raft?.status().term ?? 0))[0];
  }

  #transfer(): void {
    const id = this.#random.chance(0.5) ? this.#random.pick(this.#places).id : "";
    const place = this.#random.pick(this.#places);
    this.#do(place, `transfer to "${id}"`, () => place.backend?.call("Operator.RaftTransferLeader", { id, options: OPTIONS }));
  }

  /** Servers outside are asked in, servers inside are sent away; autopilot makes voters of them. */
  #changeMembership(): void {
    const configuration = this.leader()?.raft?.status().configuration;
    if (configuration === undefined) return;
    const place = this.#random.pick(this.#places);
    const outside = this.#places.filter(({ id }) => !this.#retired.has(id) && !configuration.servers.some((server) => server.id === id));
    const voters = configuration.servers.filter((server) => server.suffrage === "voter");
    if (outside.length > 0 && this.#random.chance(0.6)) {
      const { address } = this.#random.pick(outside);
      this.#do(place, `add ${address}`, () => place.backend?.call("Operator.RaftAddPeer", { address, options: OPTIONS }));
    } else if (voters.length > 2) {
      const { id } = this.#random.pick(configuration.servers);
      this.#retired.add(id);
      const run = (): Promise<void> | undefined => place.backend?.call("Operator.RaftRemovePeer", { id, address: "", options: OPTIONS });
      this.#do(place, `remove ${id}`, run, (outcome) => this.#removed(id, outcome));
    }
  }

  /** The removed machine is taken away, and another one stands in its place. */
  #removed(id: string, outcome: Outcome): void {
    if (outcome === "failed") this.#retired.delete(id);
    if (outcome !== "ok") return;
    const place = this.#places.find((one) => one.id === id);
    this.#scheduler.world(this.#random.between(300, 1_500), () => {
      if (place?.id !== id) return;
      place.wipe();
      place.start();
    });
  }

  #do(place: ServerPlace, what: string, run: () => Promise<unknown> | undefined, then?: (outcome: Outcome) => void): void {
    this.#scheduler.tell(`operator at ${place.name}: ${what}`);
    const { process } = place;
    // A server that stops, or is not ready yet, refuses the call: it must not pass for one that was done.
    const begin = (): Promise<unknown> => run() ?? Promise.reject(new KvorumError("unavailable", "The server is not there for calls"));
    void ask(this.#scheduler, { process, latencyMs: 0.2, timeoutMs: 10_000, run: begin }).then((answer) => {
      this.#scheduler.tell(`operator at ${place.name}: ${what}: ${answer.outcome} ${answer.error?.message ?? ""}`);
      then?.(answer.outcome);
    });
  }
}
