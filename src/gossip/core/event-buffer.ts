import { SAME_TIME_MAX } from "./limits.ts";
import type { EventSlot, LamportTime, UserEvent } from "./messages.ts";

/** Places of the buffer: an event or query is known again as long as its time is at most so far in the past. */
export const BUFFER_SLOTS = 512;

interface Seen<T> {
  readonly ltime: LamportTime;
  readonly items: T[];
}

/** Remembers what has been seen of late by its Lamport time, so that nothing is delivered twice. */
export class SeenBuffer<T> {
  readonly #slots: (Seen<T> | undefined)[] = new Array<Seen<T> | undefined>(BUFFER_SLOTS).fill(undefined);
  readonly #same: (a: T, b: T) => boolean;

  constructor(same: (a: T, b: T) => boolean) {
    this.#same = same;
  }

  /** False when it is too old to tell, or was seen before. `now` is the clock after witnessing it. */
  add(ltime: LamportTime, item: T, now: LamportTime): boolean {
    if (ltime > now) return false; // its time was not believed
    if (now > BigInt(BUFFER_SLOTS) && ltime < now - BigInt(BUFFER_SLOTS)) return false;
    const at = Number(ltime % BigInt(BUFFER_SLOTS));
    const slot = this.#slots[at];
    if (slot === undefined || slot.ltime !== ltime) {
      this.#slots[at] = { ltime, items: [item] };
      return true;
    }
    if (slot.items.length >= SAME_TIME_MAX || slot.items.some((seen) => this.#same(seen, item))) return false;
    slot.items.push(item);
    return true;
  }

  slots(): readonly (Seen<T> | undefined)[] {
    return this.#slots;
  }
}

export type SeenEvent = Pick<UserEvent, "name" | "payload">;

/** The buffer as a push/pull carries it: one slot a place. */
export function eventSlots(buffer: SeenBuffer<SeenEvent>): readonly (EventSlot | undefined)[] {
  return buffer.slots().map((slot) => (slot === undefined ? undefined : { ltime: slot.ltime, events: slot.items }));
}
