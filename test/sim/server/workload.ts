import type { SimRandom } from "../engine/random.ts";
import type { Scheduler } from "../engine/scheduler.ts";
import type { StoreOperation } from "./calls.ts";
import { isDone } from "./calls.ts";
import type { Site, StoreClient } from "./store-client.ts";

export const REGISTER_KEYS = ["r/0", "r/1", "r/2"] as const;
export const WATCH_KEYS = ["w/0", "w/1"] as const;
export const LOCK_KEYS = ["l/0", "l/1"] as const;
export const LIST_PREFIX = "w/";

const SESSION_TTL_MS = 600;
const LOCK_DELAY_MS = 700;

/** People who use the store all at once: registers, pairs, watches, lists and locks. */
export class Workload {
  readonly #scheduler: Scheduler;
  readonly #random: SimRandom;
  readonly #client: StoreClient;
  readonly #sites: readonly Site[];
  #values = 0;
  #running = true;
  #watching = true;

  constructor(parts: { readonly scheduler: Scheduler; readonly random: SimRandom; readonly client: StoreClient; readonly sites: readonly Site[] }) {
    this.#scheduler = parts.scheduler;
    this.#random = parts.random;
    this.#client = parts.client;
    this.#sites = parts.sites;
  }

  begin(): void {
    for (const name of ["reg-1", "reg-2", "reg-3"]) void this.#repeat(50, () => this.#register(name));
    for (const name of ["pair-1", "pair-2"]) void this.#repeat(150, () => this.#pair(name));
    void this.#repeat(120, () => this.#write("writer"));
    void this.#repeat(200, () => this.#client.call("lister", this.#anySite(), { kind: "list", prefix: LIST_PREFIX }));
    for (const name of ["watch-1", "watch-2", "watch-3"]) void this.#watch(name);
    for (const name of ["lock-1", "lock-2", "lock-3"]) void this.#repeat(100, () => this.#lock(name));
  }

  /** Nobody begins anything new but the watchers. */
  end(): void {
    this.#running = false;
  }

  endWatches(): void {
    this.#watching = false;
  }

  newValue(): string {
    this.#values++;
    return `v${this.#values}`;
  }

  async #repeat(thinkMs: number, once: () => Promise<unknown>): Promise<void> {
    for (;;) {
      await this.#scheduler.sleep(this.#random.exponential(thinkMs));
      if (!this.#running) return;
      await once();
    }
  }

  /** Any server answers any request; sometimes whoever leads is asked directly, or two who believe so. */
  #anySite(): Site {
    const leaders = this.#sites.filter((site) => site.leads);
    return leaders.length > 0 && this.#random.chance(0.4) ? this.#random.pick(leaders) : this.#random.pick(this.#sites);
  }

  async #register(client: string): Promise<void> {
    const random = this.#random;
    const key = random.pick(REGISTER_KEYS);
    const dice = random.float();
    if (dice < 0.25) await this.#client.call(client, this.#anySite(), { kind: "set", key, value: this.newValue() });
    else if (dice < 0.3) await this.#client.call(client, this.#anySite(), { kind: "delete", key });
    else if (dice < 0.45) await this.#swap(client, key);
    else await this.#client.call(client, this.#anySite(), { kind: "get", key, mode: dice < 0.75 ? "default" : dice < 0.9 ? "consistent" : "stale" });
  }

  async #swap(client: string, key: string): Promise<void> {
    const { output } = await this.#client.call(client, this.#anySite(), { kind: "get", key, mode: "default" });
    if (output?.kind !== "entry") return;
    const { entry } = output;
    await this.#client.call(client, this.#anySite(), { kind: "cas", key, index: entry?.modifyIndex ?? 0, expected: entry?.value, value: this.newValue() });
  }

  async #pair(client: string): Promise<void> {
    if (this.#random.chance(0.4)) await this.#client.call(client, this.#anySite(), { kind: "set-pair", value: this.newValue() });
    else await this.#client.call(client, this.#anySite(), { kind: "get-pair", mode: this.#random.pick(["default", "consistent"]) });
  }

  async #write(client: string): Promise<void> {
    await this.#client.call(client, this.#anySite(), { kind: "set", key: this.#random.pick(WATCH_KEYS), value: this.newValue() });
  }

  /** Blocking queries one after the other, each from the index of the last, as Consul's clients do. */
  async #watch(client: string): Promise<void> {
    const key = this.#random.pick(WATCH_KEYS);
    let index = 0;
    while (this.#watching) {
      const waitMs = Math.round(this.#random.between(200, 4_000));
      const { output } = await this.#client.call(client, this.#anySite(), { kind: "watch", key, minIndex: index, waitMs });
      if (output?.kind === "entry") index = output.index;
      else await this.#scheduler.sleep(this.#random.exponential(100));
    }
  }

  /** One life of a session: takes a lock, keeps it for a while, and leaves it in one of the ways there are. */
  async #lock(client: string): Promise<void> {
    const created = await this.#client.call(client, this.#anySite(), {
      kind: "session-create",
      ttlMs: SESSION_TTL_MS,
      delayMs: this.#random.chance(0.5) ? LOCK_DELAY_MS : 0,
    });
    if (created.output?.kind !== "session" || created.output.id === undefined) return;
    const session = created.output.id;
    const key = this.#random.pick(LOCK_KEYS);
    for (let round = 1 + this.#random.int(6); round > 0; round--) {
      const operation = await this.#hold(client, key, session);
      if (operation.input.kind === "session-renew" && operation.output?.kind === "session" && operation.output.id === undefined) return;
      await this.#scheduler.sleep(this.#random.exponential(150));
    }
    const dice = this.#random.float();
    if (dice < 0.4) await this.#client.call(client, this.#anySite(), { kind: "session-destroy", session });
    else if (dice < 0.7) await this.#client.call(client, this.#anySite(), { kind: "release", key, session });
  }

  async #hold(client: string, key: string, session: string): Promise<StoreOperation> {
    const dice = this.#random.float();
    if (dice < 0.5) {
      const operation = await this.#client.call(client, this.#anySite(), { kind: "acquire", key, session, value: this.newValue() });
      if (!isDone(operation)) await this.#client.call(client, this.#anySite(), { kind: "get", key, mode: "default" });
      return operation;
    }
    if (dice < 0.85) return this.#client.call(client, this.#anySite(), { kind: "session-renew", session });
    return this.#client.call(client, this.#anySite(), { kind: "release", key, session });
  }
}
