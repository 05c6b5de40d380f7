import { messageOf } from "../base/errors.ts";
import type { Scope } from "../base/scope.ts";
import type { RuntimeConfig } from "../config/index.ts";
import type { Logger, Signals } from "../platform/index.ts";
import type { StopReason } from "./options.ts";

/** Closes the node's scope once, and remembers why. */
export class Stopping {
  readonly stopped: Promise<StopReason>;
  readonly #scope: Scope;
  #resolve: (reason: StopReason) => void = () => undefined;
  #closing: Promise<void> | undefined;

  readonly #logger: Logger;

  constructor(scope: Scope, logger: Logger) {
    this.#scope = scope;
    this.#logger = logger;
    this.stopped = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  stop(reason: StopReason): Promise<void> {
    this.#closing ??= this.#scope[Symbol.asyncDispose]().finally(() => this.#resolve(reason));
    return this.#closing;
  }

  /** Stops without waiting for it; whoever waits has `stopped`. */
  begin(reason: StopReason): void {
    this.stop(reason).catch((error: unknown) => this.#logger.error("Could not stop cleanly", { error: messageOf(error) }));
  }

  /** SIGINT and SIGTERM stop, leaving first where the configuration says so; SIGHUP reads the configuration anew. Consul docs, agent signals. */
  listen({ signals, config, depart, reload }: SignalWatch): Disposable {
    return signals.onSignal((signal) => {
      if (signal === "SIGHUP") {
        reload().catch((error: unknown) => this.#logger.error("Configuration not read anew", { error: messageOf(error) }));
        return;
      }
      const leaves = signal === "SIGINT" ? !config.skipLeaveOnInterrupt : config.leaveOnTerminate;
      const reason = signal === "SIGINT" ? "interrupt" : "terminate";
      this.#logger.info("Stopping on a signal", { signal, leaves });
      const left = leaves ? depart() : Promise.resolve();
      left
        .catch((error: unknown) => this.#logger.warn("Could not leave the cluster", { error: messageOf(error) }))
        .finally(() => this.begin(reason))
        .catch(messageOf);
    });
  }
}

interface SignalWatch {
  readonly signals: Signals;
  readonly config: Pick<RuntimeConfig, "leaveOnTerminate" | "skipLeaveOnInterrupt">;
  /** Takes this server out of the cluster. */
  readonly depart: () => Promise<void>;
  readonly reload: () => Promise<void>;
}
