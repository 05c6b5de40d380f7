import { messageOf } from "../base/errors.ts";
import { Slots } from "../base/slots.ts";
import { type Clock, type Files, type Logger, type Processes, pause, type WebClient } from "../platform/index.ts";
import { WatchCore } from "./core/index.ts";
import type { AgentWatch } from "./definition.ts";
import { runHandler } from "./handlers.ts";
import { HANDLERS_AT_ONCE } from "./limits.ts";
import { digestOf, Memory } from "./memory.ts";
import { runWatch, type WatchPorts } from "./run.ts";

/** A way to ask the agent with one token. */
export interface Asker extends Disposable {
  readonly ask: WatchPorts["ask"];
}

export interface WatchesOptions {
  /** Opens a way to ask this agent. Empty token: none. */
  readonly askerWith: (token: string) => Asker;
  /** The data directory; empty: nothing is kept. */
  readonly folder: string;
  readonly platform: { readonly clock: Clock; readonly files: Files; readonly processes?: Processes; readonly web?: WebClient };
  readonly logger: Logger;
}

interface Running {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** The watches of an agent's configuration, while the agent runs. Disposing ends them, and their handlers with them. */
export class Watches implements AsyncDisposable {
  readonly #with: WatchesOptions;
  readonly #memory: Memory;
  readonly #running = new Map<string, Running>();
  readonly #slots = new Slots(HANDLERS_AT_ONCE);

  private constructor(options: WatchesOptions, memory: Memory) {
    this.#with = options;
    this.#memory = memory;
  }

  static async open(options: WatchesOptions): Promise<Watches> {
    const { folder, platform, logger } = options;
    return new Watches(options, await Memory.open({ folder, files: platform.files, logger }));
  }

  /** Takes these in place of those before. What is in both runs on undisturbed, a handler at work included. */
  async configure(watches: readonly AgentWatch[]): Promise<void> {
    const wanted = new Map(watches.map((watch) => [watch.id, watch]));
    const gone = [...this.#running.keys()].filter((id) => !wanted.has(id));
    await Promise.all(gone.map((id) => this.#stop(id)));
    await this.#memory.keepOnly([...wanted.keys()]);
    for (const watch of watches) if (!this.#running.has(watch.id)) this.#start(watch);
  }

  get count(): number {
    return this.#running.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.keys()].map((id) => this.#stop(id)));
  }

  #start(watch: AgentWatch): void {
    const { logger } = this.#with;
    if (watch.outdated) logger.warn("The field 'handler' of a watch is outdated: 'args' has taken its place", { type: watch.plan.type });
    const stop = new AbortController();
    const ended = this.#run(watch, stop.signal).catch((error: unknown) => {
      logger.error("Watch ended in an unforeseen way", { type: watch.plan.type, error: messageOf(error) });
    });
    this.#running.set(watch.id, { stop, ended });
  }

  async #stop(id: string): Promise<void> {
    const running = this.#running.get(id);
    this.#running.delete(id);
    running?.stop.abort();
    await running?.ended;
  }

  async #run({ id, plan, handler, fireAtStart }: AgentWatch, signal: AbortSignal): Promise<void> {
    const { askerWith, platform, logger } = this.#with;
    using asker = askerWith(plan.token);
    const world = { processes: platform.processes, web: platform.web, logger };
    const core = new WatchCore({ plan, digest: digestOf, seen: this.#memory.seen(id), fireAtStart });
    const ports: WatchPorts = {
      ask: asker.ask,
      handle: async (change) => {
        await this.#slots.run(async () => (signal.aborted ? undefined : runHandler(handler, change, world, signal)));
        return true;
      },
      remember: (seen) => this.#memory.remember(id, seen),
      pause: (ms) => pause(platform.clock, ms, signal),
      failed: (error, againInMs) => logger.error("Watch errored", { type: plan.type, error: error.message, retry: `${againInMs / 1000}s` }),
    };
    await runWatch(core, plan.question, ports, signal);
  }
}
