import { levelReaches } from "./log-format.ts";
import type { Clock, LogFields, Logger, LogHub, LogLevel, LogLine } from "./ports.ts";

interface Listener {
  readonly level: LogLevel;
  readonly onLine: (line: LogLine) => void;
}

/** Every line of this process goes through here to those who listen; a line that nobody wants costs two comparisons. */
export class RealLogHub implements LogHub {
  readonly logger: Logger;
  readonly #clock: Clock;
  readonly #listeners = new Set<Listener>();
  #least: LogLevel | undefined;

  constructor(clock: Clock, rootName: string) {
    this.#clock = clock;
    this.logger = new NamedLogger(this, rootName);
  }

  listen(level: LogLevel, onLine: (line: LogLine) => void): Disposable {
    const listener = { level, onLine };
    this.#listeners.add(listener);
    this.#findLeast();
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(listener);
        this.#findLeast();
      },
    };
  }

  publish(level: LogLevel, name: string, message: string, fields: LogFields | undefined): void {
    if (this.#least === undefined || !levelReaches(level, this.#least)) return;
    const line: LogLine = { at: this.#clock.wall(), level, name, message, fields };
    for (const listener of this.#listeners) if (levelReaches(level, listener.level)) listener.onLine(line);
  }

  wants(level: LogLevel): boolean {
    return this.#least !== undefined && levelReaches(level, this.#least);
  }

  #findLeast(): void {
    this.#least = undefined;
    for (const { level } of this.#listeners) if (this.#least === undefined || levelReaches(this.#least, level)) this.#least = level;
  }
}

class NamedLogger implements Logger {
  readonly #hub: RealLogHub;
  readonly #name: string;

  constructor(hub: RealLogHub, name: string) {
    this.#hub = hub;
    this.#name = name;
  }

  named(name: string): Logger {
    return new NamedLogger(this.#hub, `${this.#name}.${name}`);
  }

  trace(message: string, fields?: LogFields): void {
    this.#hub.publish("trace", this.#name, message, fields);
  }

  debug(message: string, fields?: LogFields): void {
    this.#hub.publish("debug", this.#name, message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#hub.publish("info", this.#name, message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#hub.publish("warn", this.#name, message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#hub.publish("error", this.#name, message, fields);
  }

  wants(level: LogLevel): boolean {
    return this.#hub.wants(level);
  }
}
