import type { Model } from "./linearizable.ts";

/** Calls on one key that is used as a lock. `result` `undefined`: the answer is not known. */
export type LockCall =
  | { readonly kind: "acquire"; readonly session: string; readonly result: boolean | undefined }
  | { readonly kind: "release"; readonly session: string; readonly result: boolean | undefined }
  /** The session ended, by order or by its TTL. */
  | { readonly kind: "end"; readonly session: string }
  | { readonly kind: "get"; readonly holder: string };

interface LockState {
  /** Empty: nobody. */
  readonly holder: string;
}

/** A lock: one holder at a time. An `acquire` may be refused for reasons of its own (lock-delay), but never granted twice. */
export const LOCK: Model<LockState, LockCall> = {
  initial: { holder: "" },
  step(state, call) {
    const { holder } = state;
    switch (call.kind) {
      case "acquire": {
        if (call.result === false) return state;
        if (holder === "" || holder === call.session) return { holder: call.session };
        return call.result === undefined ? state : undefined;
      }
      case "release": {
        if (call.result !== undefined && call.result !== (holder === call.session)) return undefined;
        return holder === call.session ? { holder: "" } : state;
      }
      case "end":
        return holder === call.session ? { holder: "" } : state;
      case "get":
        return holder === call.holder ? state : undefined;
    }
  },
  keyOf: (state) => state.holder,
};
