import { decodeServiceDefinition } from "../../../src/model/index.ts";
import { ask } from "../ask.ts";
import type { SimRandom } from "../engine/random.ts";
import type { Scheduler } from "../engine/scheduler.ts";
import type { Faults } from "../faults.ts";
import type { ServerPlace } from "./server-place.ts";

const EVERY_MS = 300;
const CALL_TIMEOUT_MS = 5_000;
const OPTIONS = { datacenter: "", token: "" };

/** A service that was registered with an agent once, and its fate. */
interface Owned {
  readonly id: string;
  readonly place: ServerPlace;
  /** Of the machine: another one in its place has never heard of the service. */
  readonly machine: string;
  /** `maybe`: somebody tried, and does not know. */
  removed: "no" | "maybe" | "yes";
}

/** People who register services with agents and take some out of the catalog again, at any server. What an agent acknowledged is never registered again. */
export class Owners {
  readonly #scheduler: Scheduler;
  readonly #random: SimRandom;
  readonly #places: readonly ServerPlace[];
  readonly #leader: () => ServerPlace | undefined;
  readonly #owned: Owned[] = [];
  #made = 0;

  constructor(scheduler: Scheduler, random: SimRandom, of: { readonly places: readonly ServerPlace[]; readonly leader: () => ServerPlace | undefined }) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#places = of.places;
    this.#leader = of.leader;
  }

  begin(faults: Faults): void {
    faults.every(EVERY_MS, () => (this.#random.chance(0.5) ? this.#register() : this.#remove()));
  }

  /** What is wrong about the services of these places: in the catalog, or with their agents. `undefined`: nothing. */
  fault(members: ReadonlySet<string>): string | undefined {
    const state = this.#leader()?.state;
    for (const { id, place, machine, removed } of this.#owned) {
      if (place.id !== machine || !members.has(place.name) || removed === "maybe") continue;
      const wanted = removed === "no";
      const there = state?.catalog.nodeServices(place.name).value?.services.some((service) => service.id === id) ?? false;
      if (there !== wanted) return `${id} of ${place.name} is ${wanted ? "not " : ""}in the catalog`;
      if ((place.local?.service(id) !== undefined) !== wanted) return `the agent of ${place.name} ${wanted ? "has lost" : "still has"} ${id}`;
    }
    return undefined;
  }

  #register(): void {
    const place = this.#random.pick(this.#places);
    const { local, process, id: machine } = place;
    if (local === undefined) return;
    const id = `owned-${++this.#made}`;
    const definition = decodeServiceDefinition({ ID: id, Name: "owned" });
    const run = (): Promise<void> => local.registerService(definition, { replaceExistingChecks: false });
    void ask(this.#scheduler, { process, latencyMs: 0.2, timeoutMs: CALL_TIMEOUT_MS, run }).then(({ outcome }) => {
      this.#scheduler.tell(`${id} with the agent of ${place.name}: ${outcome}`);
      if (outcome === "ok") this.#owned.push({ id, place, machine, removed: "no" });
    });
  }

  /** Only what is in the catalog can be taken out of it. */
  #remove(): void {
    const state = this.#leader()?.state;
    const seen = this.#owned.filter(
      ({ id, place, removed }) => removed === "no" && state?.catalog.nodeServices(place.name).value?.services.some((service) => service.id === id) === true,
    );
    if (seen.length === 0) return;
    const owned = this.#random.pick(seen);
    const { process, backend, name } = this.#random.pick(this.#places);
    if (backend === undefined) return;
    owned.removed = "maybe";
    const request = { node: owned.place.name, serviceId: owned.id, checkId: "", options: OPTIONS };
    const run = (): Promise<void> => backend.call("Catalog.Deregister", request);
    void ask(this.#scheduler, { process, latencyMs: 0.2, timeoutMs: CALL_TIMEOUT_MS, run }).then(({ outcome }) => {
      this.#scheduler.tell(`${owned.id} removed at ${name}: ${outcome}`);
      if (outcome !== "unknown") owned.removed = outcome === "ok" ? "yes" : "no";
    });
  }
}
