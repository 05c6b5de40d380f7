import { unreachable } from "../base/assert.ts";
import { KvorumError } from "../base/errors.ts";
import type { JsonValue } from "../base/json.ts";
import type { Question, Seen, WatchCore, WatchEffect, WatchEvent } from "./core/index.ts";

/** What a handler gets: the answer, as a value and as compact JSON, and its index. */
export interface Change {
  readonly index: string;
  readonly value: JsonValue;
  readonly text: string;
}

/** What a watch needs of the world. */
export interface WatchPorts {
  /** Asks an agent. Rejects with `KvorumError`. `index` `undefined`: do not wait. */
  ask(question: Question, options: { readonly index: string | undefined; readonly signal: AbortSignal }): Promise<{ value: JsonValue; index: string }>;
  /** Hands a change over and waits for its end. False: the watch is to end. */
  handle(change: Change, signal: AbortSignal): Promise<boolean>;
  remember(seen: Seen): Promise<void>;
  /** Resolves after so long, or when the signal is given. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
  /** Tells that a question failed, and when it will be asked again. */
  failed(error: KvorumError, againInMs: number): void;
}

/** Drives a watch until its signal is given or its handler ends it. Rejects with what is no `KvorumError` alone. */
export async function runWatch(core: WatchCore, question: Question, ports: WatchPorts, signal: AbortSignal): Promise<void> {
  let fault: KvorumError | undefined;
  const perform = async (effect: WatchEffect): Promise<WatchEvent | undefined | "end"> => {
    switch (effect.kind) {
      case "ask":
        try {
          return { kind: "answered", ...(await ports.ask(question, { index: effect.index, signal })) };
        } catch (error) {
          if (!(error instanceof KvorumError)) throw error;
          fault = error;
          return { kind: "failed" };
        }
      case "handle":
        // what was cut short was not handled: it comes again
        return (await ports.handle(effect, signal)) && !signal.aborted ? { kind: "handled" } : "end";
      case "remember":
        await ports.remember(effect.seen);
        return undefined;
      case "wait":
        if (effect.failed && fault !== undefined && !signal.aborted) ports.failed(fault, effect.ms);
        await ports.pause(effect.ms, signal);
        return { kind: "waited" };
      default:
        return unreachable(effect);
    }
  };
  let next: WatchEvent = { kind: "begin" };
  while (!signal.aborted) {
    for (const effect of core.step(next)) {
      if (signal.aborted && effect.kind !== "remember") return;
      const event = await perform(effect);
      if (event === "end") return;
      if (event !== undefined) next = event;
    }
  }
}
