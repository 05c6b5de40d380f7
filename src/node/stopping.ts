import { messageOf } from "../base/errors.ts";
import type { Scope } from "../base/scope.ts";
import type { RuntimeConfig } from "../config/index.ts";
import type { Logger, Signals } from "../platform/index.ts";
import type { StopReason } from "./options.ts";

/** Closes the node's scope once, and remembers why: on a signal, or when somebody asks for it. */
export class Stopping {
  readonly stopped: Promise<StopReason>;
  readonly #scope: Scope;
  #resolve: (reason: StopReason) => void = () => undefined;
  #closing: Promise<void> | undefined;
  #serving: Serving | undefined;
  #early: StartEnded | undefined;
  #signalled = false;
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

  /**
   * SIGINT and SIGTERM stop; once the agent serves, leaving first where the configuration says so, and a second one stops without leaving. SIGHUP reads the
   * configuration anew. While the agent starts, the first two end the start (`checkpoint` throws) and the third is told off. The signal after the last one that
   * means something has the system's own effect. Consul docs, agent signals.
   */
  listen(signals: Signals | undefined, config: LeaveSettings): void {
    if (signals === undefined) return;
    const watch = signals.onSignal((signal) => {
      if (signal === "SIGHUP") this.#anew();
      else if (this.#ended(signal, config) === "last") watch[Symbol.dispose]();
    });
    void this.stopped.finally(() => watch[Symbol.dispose]());
  }

  /** The start is done: from now on signals mean what they mean to an agent that serves. */
  serves(agent: Serving): void {
    this.#serving = agent;
  }

  /** To be called after every step of a start. Throws `StartEnded` when a signal has ended it. */
  checkpoint(): void {
    if (this.#early !== undefined) throw this.#early;
  }

  /** Undoes a start that failed; gives the error to tell. */
  async failed(error: unknown): Promise<unknown> {
    await this.stop("asked");
    return this.#early ?? error;
  }

  #anew(): void {
    if (this.#serving === undefined) {
      this.#logger.error("Caught a signal", { signal: "SIGHUP", error: "cannot reload before the agent has started" });
      return;
    }
    this.#serving.reload().catch((error: unknown) => this.#logger.error("Fault in the configuration that was to be read anew", { error: messageOf(error) }));
  }

  #ended(signal: "SIGINT" | "SIGTERM", config: LeaveSettings): "last" | "more" {
    const reason = signal === "SIGINT" ? "interrupt" : "terminate";
    if (this.#serving === undefined) {
      this.#logger.info("Ending the start on a signal", { signal });
      this.#early = new StartEnded(reason);
      this.begin(reason);
      return "last";
    }
    if (this.#signalled) {
      this.#logger.info("Stopping at once on a second signal", { signal });
      this.begin("hurried");
      return "last";
    }
    this.#signalled = true;
    const leaves = signal === "SIGINT" ? !config.skipLeaveOnInterrupt : config.leaveOnTerminate;
    this.#logger.info("Stopping on a signal", { signal, leaves });
    const left = leaves ? this.#serving.depart() : Promise.resolve();
    left
      .catch((error: unknown) => this.#logger.warn("Could not leave the cluster", { error: messageOf(error) }))
      .finally(() => this.begin(reason))
      .catch(messageOf);
    return "more";
  }
}

/** A signal came while the agent was starting. */
export class StartEnded extends Error {
  override readonly name = "StartEnded";
  readonly reason: StopReason;

  constructor(reason: StopReason) {
    super("a signal ended the start");
    this.reason = reason;
  }
}

type LeaveSettings = Pick<RuntimeConfig, "leaveOnTerminate" | "skipLeaveOnInterrupt">;

interface Serving {
  /** Takes this agent out of the cluster. */
  readonly depart: () => Promise<void>;
  readonly reload: () => Promise<void>;
}
