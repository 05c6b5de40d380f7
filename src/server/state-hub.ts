import type { Platform } from "../platform/index.ts";
import { type StateEvent, StateStore } from "../state/index.ts";
import { LockDelays } from "./lock-delays.ts";

/** The state of this server and who hears of its commits. Made before raft, since raft replays its log into it at the start. */
export class StateHub {
  readonly state: StateStore;
  readonly lockDelays: LockDelays;
  readonly #listeners = new Set<(events: readonly StateEvent[]) => void>();

  constructor(platform: Pick<Platform, "clock">) {
    this.lockDelays = new LockDelays(platform.clock);
    this.state = new StateStore({
      onEvents: (events) => this.#tell(events),
      pause: () => new Promise((resolve) => platform.clock.soon(resolve)),
    });
  }

  /** Called in the turn of the commit. */
  onEvents(listener: (events: readonly StateEvent[]) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #tell(events: readonly StateEvent[]): void {
    for (const event of events) if (event.kind === "lock-freed") this.lockDelays.hold(event.key, event.delayNs);
    for (const listener of this.#listeners) listener(events);
  }
}
