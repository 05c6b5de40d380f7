import type { Signals, StopSignal } from "./ports.ts";

const STOP_SIGNALS: readonly StopSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** The signals of this process. The system's own handling comes back when the last listener has gone. */
export const processSignals: Signals = {
  onSignal(listener) {
    const handlers = STOP_SIGNALS.map((signal) => ({ signal, run: () => listener(signal) }));
    for (const { signal, run } of handlers) process.on(signal, run);
    return {
      [Symbol.dispose]() {
        for (const { signal, run } of handlers) process.off(signal, run);
      },
    };
  },
};
