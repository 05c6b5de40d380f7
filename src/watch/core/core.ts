import { assert, unreachable } from "../../base/assert.ts";
import { isJsonArray, isJsonObject, type JsonValue, writeJson } from "../../base/json.ts";
import { RETRY_BASE_MS, RETRY_MAX_MS, UNBLOCKED_PAUSE_MS } from "./limits.ts";
import { shaped } from "./shape.ts";
import type { Seen, WatchEffect, WatchEvent, WatchPlan } from "./types.ts";

export interface WatchOptions {
  readonly plan: WatchPlan;
  /** Makes a short text that stands for a long one. */
  readonly digest: (text: string) => string;
  /** What was seen before this watch began; `undefined`: nothing. */
  readonly seen: Seen | undefined;
  /** Whether the handler gets the first answer although it was seen before; of events, also although there are none. */
  readonly fireAtStart: boolean;
}

/**
 * The rules of one watch. A question is asked until its answer changes, then the handler gets it, then the next one is asked: so the handler runs for
 * changes only, one run at a time, and what changes meanwhile comes with the next run.
 */
export class WatchCore {
  readonly #plan: WatchPlan;
  readonly #digest: (text: string) => string;
  #seen: Seen | undefined;
  /** The first answer goes to the handler, whatever was seen before. */
  #unconditional: boolean;
  /** What to wait from; `undefined`: the next question is answered at once. */
  #index: string | undefined;
  /** What is with the handler. */
  #handling: Seen | undefined;
  #failures = 0;

  constructor({ plan, digest, seen, fireAtStart }: WatchOptions) {
    this.#plan = plan;
    this.#digest = digest;
    this.#seen = seen;
    this.#unconditional = fireAtStart;
  }

  step(event: WatchEvent): readonly WatchEffect[] {
    switch (event.kind) {
      case "begin":
      case "waited":
        return [this.#ask()];
      case "answered":
        return this.#answered(event.index, event.value);
      case "failed":
        return this.#failed();
      case "handled":
        return this.#handled();
      default:
        return unreachable(event);
    }
  }

  #answered(index: string, value: JsonValue): readonly WatchEffect[] {
    this.#failures = 0;
    const before = this.#index;
    // Nothing new after the longest wait, or an agent that does not let one wait: then this must not go round and round.
    if (index === before) return [{ kind: "wait", ms: UNBLOCKED_PAUSE_MS, failed: false }];
    // One that went back is that of a restored store: begin anew. That of events has no order.
    this.#index = this.#ordered && before !== undefined && BigInt(index) < BigInt(before) ? undefined : index;
    const isEvent = this.#plan.type === "event";
    const fresh = isEvent ? this.#freshEvents(value) : value;
    const known = isEvent && isJsonArray(fresh) && fresh.length === 0;
    const shown = fresh === null ? null : shaped(fresh, this.#plan.shape);
    const text = writeJson(shown);
    const digest = this.#digest(text);
    if (!this.#unconditional && (known || (!isEvent && digest === this.#seen?.digest))) return [this.#ask()];
    this.#unconditional = false;
    this.#handling = { digest, event: isEvent && isJsonArray(fresh) ? idOf(fresh.at(-1)) || (this.#seen?.event ?? "") : "" };
    return [{ kind: "handle", index, value: shown, text }];
  }

  #handled(): readonly WatchEffect[] {
    assert(this.#handling !== undefined, "a handler that ended had begun");
    this.#seen = this.#handling;
    this.#handling = undefined;
    return [{ kind: "remember", seen: this.#seen }, this.#ask()];
  }

  #failed(): readonly WatchEffect[] {
    this.#failures += 1;
    this.#index = undefined;
    return [{ kind: "wait", ms: Math.min(RETRY_BASE_MS * this.#failures * this.#failures, RETRY_MAX_MS), failed: true }];
  }

  /** Events that came after the one that was seen last; all when that one is not kept any more. */
  #freshEvents(value: JsonValue): readonly JsonValue[] {
    const events = isJsonArray(value) ? value : [];
    const known = events.findIndex((event) => idOf(event) !== "" && idOf(event) === this.#seen?.event);
    return events.slice(known + 1);
  }

  #ask(): WatchEffect {
    return { kind: "ask", index: this.#index };
  }

  get #ordered(): boolean {
    return this.#plan.type !== "event" && this.#plan.question.blocking === "index";
  }
}

function idOf(event: JsonValue | undefined): string {
  return isJsonObject(event) ? String(event["ID"] ?? "") : "";
}
