import type { JsonValue } from "../../base/json.ts";
import type { Shape } from "./shape.ts";

/** What a watch asks an agent, again and again. */
export interface Question {
  readonly path: string;
  readonly query: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  /** How one waits for the next answer: by index, or by the hash of what is shown. */
  readonly blocking: "index" | "hash";
  /** Whether there being nothing (404) is an answer. */
  readonly mayBeAbsent: boolean;
}

/** A watch that was read: what it asks, and how the answer is shown to handlers. Consul docs, watches. */
export interface WatchPlan {
  readonly type: string;
  readonly question: Question;
  /** Empty: the agent's own. */
  readonly token: string;
  readonly shape: Shape;
}

/** What was seen last; it may be kept over a restart. */
export interface Seen {
  /** Stands for the text that the handler had; empty: none. */
  readonly digest: string;
  /** Id of the last event that the handler had, of watches of type `event`; empty: none. */
  readonly event: string;
}

/** What happens to a watch. */
export type WatchEvent =
  | { readonly kind: "begin" }
  /** `value` is `null` where there was nothing. */
  | { readonly kind: "answered"; readonly index: string; readonly value: JsonValue }
  | { readonly kind: "failed" }
  | { readonly kind: "handled" }
  | { readonly kind: "waited" };

/** What a watch wants done; the last one of a list is what its next event answers. */
export type WatchEffect =
  /** `index` `undefined`: whatever there is, at once. */
  | { readonly kind: "ask"; readonly index: string | undefined }
  /** `value` and, as compact JSON, `text` are the same. */
  | { readonly kind: "handle"; readonly index: string; readonly value: JsonValue; readonly text: string }
  | { readonly kind: "remember"; readonly seen: Seen }
  /** `failed`: because a question failed, which is to be told. */
  | { readonly kind: "wait"; readonly ms: number; readonly failed: boolean };
