import type { LogFields, Logger, LogHub, LogLevel, Metrics } from "../../../src/platform/index.ts";
import type { SimProcess } from "../engine/process.ts";
import type { Scheduler } from "../engine/scheduler.ts";

/** What a server logs goes into the trace; nobody else hears it. */
export function simLog(scheduler: Scheduler, process: SimProcess): LogHub {
  return { logger: loggerNamed(scheduler, process, "main"), listen: () => ({ [Symbol.dispose]: () => undefined }) };
}

function loggerNamed(scheduler: Scheduler, process: SimProcess, name: string): Logger {
  const say = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (!process.alive) return;
    scheduler.note(message.length, () => `${process.name} ${level} ${name}: ${message}${fields === undefined ? "" : ` ${JSON.stringify(fields)}`}`);
  };
  return {
    named: (other) => loggerNamed(scheduler, process, other),
    trace: say("trace"),
    debug: say("debug"),
    info: say("info"),
    warn: say("warn"),
    error: say("error"),
  };
}

const nothing = (): void => undefined;

/** Metrics that nobody reads. */
export const NO_METRICS: Metrics = {
  counter: () => ({ add: nothing }),
  gauge: () => ({ set: nothing }),
  histogram: () => ({ observe: nothing }),
};
