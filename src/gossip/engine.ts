import type { Clock } from "../platform/index.ts";
import {
  GossipCore,
  type GossipEffect,
  type GossipEvent,
  type GossipOptions,
  SerfCore,
  type SerfEffect,
  type SerfEvent,
  type SerfOptions,
} from "./core/index.ts";
import { SETTLE_TURNS_MAX, STALL_MIN_MS, STALL_SHARE_OF_PROBE_TIMEOUT } from "./limits.ts";

export interface EngineHooks {
  /** Effects that go outside; changes of members have been told to Serf already. */
  gossip(effect: GossipEffect): void;
  serf(effect: SerfEffect): void;
  stalled(ms: number): void;
  /** A round of time was taken; so long it lasted. */
  ticked(ms: number): void;
}

/** Both cores in time: hands events to them and effects to the pool, wakes them when something is due, and notices when it came too late itself. */
export class Engine implements Disposable {
  readonly gossip: GossipCore;
  readonly serf: SerfCore;
  readonly #clock: Clock;
  readonly #hooks: EngineHooks;
  readonly #stallMs: number;
  #timer: Disposable | undefined;
  #wakeAtMs = Number.POSITIVE_INFINITY;
  /** Set while what waited in the sockets is read after a stall: time stands still for the cores. */
  #settling = false;
  #arrived = 0;
  #closed = false;

  constructor(options: {
    readonly gossip: Omit<GossipOptions, "moreBroadcasts">;
    readonly serf: Omit<SerfOptions, "poolSize">;
    readonly clock: Clock;
    readonly hooks: EngineHooks;
  }) {
    const now = options.clock.now();
    this.#clock = options.clock;
    this.#hooks = options.hooks;
    this.#stallMs = Math.max(STALL_MIN_MS, options.gossip.timing.probeTimeoutMs * STALL_SHARE_OF_PROBE_TIMEOUT);
    this.gossip = new GossipCore({ ...options.gossip, moreBroadcasts: (room) => this.serf.broadcasts(room) }, now);
    this.serf = new SerfCore({ ...options.serf, poolSize: () => this.gossip.size }, now);
  }

  /** Begins; this node is the first member it knows. */
  start(): void {
    const self = this.gossip.members()[0];
    if (self !== undefined) this.serfStep({ kind: "member", change: "join", member: self });
  }

  step(event: GossipEvent): readonly GossipEffect[] {
    if (this.#closed) return [];
    const now = this.#clock.now();
    this.#heedStall(now);
    if (event.kind === "datagram") this.#arrived++;
    const effects = this.gossip.step(event, now);
    this.#perform(effects);
    this.#arm();
    return effects;
  }

  serfStep(event: SerfEvent): void {
    if (this.#closed) return;
    for (const effect of this.serf.step(event, this.#clock.now())) {
      if (effect.kind === "forget") this.#perform(this.gossip.step(effect, this.#clock.now()));
      this.#hooks.serf(effect);
    }
    this.#arm();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
  }

  #perform(effects: readonly GossipEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === "member") this.serfStep(effect);
      this.#hooks.gossip(effect);
    }
  }

  #arm(): void {
    if (this.#closed || this.#settling) return;
    const due = Math.min(this.gossip.dueMs, this.serf.dueMs);
    if (due >= this.#wakeAtMs) return;
    this.#timer?.[Symbol.dispose]();
    this.#wakeAtMs = due;
    this.#timer = this.#clock.after(Math.max(1, Math.ceil(due - this.#clock.now())), () => this.#wake());
  }

  #wake(): void {
    if (this.#closed) return;
    this.#heedStall(this.#clock.now());
    if (!this.#settling) this.#tick();
  }

  #tick(): void {
    this.#wakeAtMs = Number.POSITIVE_INFINITY;
    const began = this.#clock.now();
    this.#perform(this.gossip.step({ kind: "tick" }, began));
    this.serfStep({ kind: "tick" });
    this.#hooks.ticked(this.#clock.now() - began);
    this.#arm();
  }

  /** We come too late: whatever arrived meanwhile is heard before anybody is judged. */
  #heedStall(now: number): void {
    const lateMs = now - this.#wakeAtMs;
    if (this.#settling || lateMs < this.#stallMs) return;
    this.#settling = true;
    this.#wakeAtMs = Number.POSITIVE_INFINITY;
    this.#timer?.[Symbol.dispose]();
    this.#hooks.stalled(lateMs);
    this.#perform(this.gossip.step({ kind: "stalled", ms: lateMs }, now));
    this.#settle(0);
  }

  #settle(turns: number): void {
    const before = this.#arrived;
    this.#clock.soon(() => {
      if (this.#closed) return;
      if (this.#arrived !== before && turns < SETTLE_TURNS_MAX) return this.#settle(turns + 1);
      this.#settling = false;
      this.#tick();
    });
  }
}
