import type { HeapItem } from "../../../src/base/heap.ts";

/** What kind of thing happens, as a Node.js turn looks at them: timers, then sockets and disk, then `soon`. */
export type EventKind = "timer" | "io" | "soon" | "world";

/** Whose events happen only while it lives and its loop turns: a process. */
export interface EventOwner {
  readonly number: number;
  /** Asked by the scheduler: may this event happen now? */
  admits(event: SimEvent): boolean;
}

export interface SimEvent extends HeapItem {
  at: number;
  order: number;
  readonly kind: EventKind;
  /** In whose process it happens; `undefined`: in the world outside. */
  readonly owner: EventOwner | undefined;
  /** `undefined`: cancelled. */
  run: (() => void) | undefined;
}

export function earlier(a: SimEvent, b: SimEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
