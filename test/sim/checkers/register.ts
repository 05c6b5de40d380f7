import type { Model } from "./linearizable.ts";

/** A register's value; `undefined` in calls and results is "no such key". */
export type Value = string | undefined;

/** Calls on one key. `result` `undefined`: the answer is not known. */
export type RegisterCall =
  | { readonly kind: "set"; readonly value: Value }
  | { readonly kind: "get"; readonly result: Value }
  /** Writes when the key holds `expected`. */
  | { readonly kind: "cas"; readonly expected: Value; readonly value: Value; readonly result: boolean | undefined };

interface RegisterState {
  readonly value: Value;
}

export const REGISTER: Model<RegisterState, RegisterCall> = {
  initial: { value: undefined },
  step(state, call) {
    switch (call.kind) {
      case "set":
        return { value: call.value };
      case "get":
        return state.value === call.result ? state : undefined;
      case "cas": {
        const matches = state.value === call.expected;
        if (call.result !== undefined && call.result !== matches) return undefined;
        return matches ? { value: call.value } : state;
      }
    }
  },
  keyOf: (state) => (state.value === undefined ? "-" : `=${state.value}`),
};
