import { KvorumError } from "../base/errors.ts";
import type { Backend, MethodName, ReadOptions, RequestOf, ResponseOf, Streams } from "../model/index.ts";
import type { Platform } from "../platform/index.ts";
import type { Rpc } from "../rpc/index.ts";
import { changesNothing, maxWaitMs } from "../server/index.ts";
import { PAUSE_BETWEEN_ROUNDS_MS, REMOTE_CALL_MS } from "./limits.ts";
import type { KnownServer, ServerList } from "./server-list.ts";

export interface RemoteBackendOptions {
  readonly rpc: Rpc;
  readonly servers: ServerList;
  readonly platform: Pick<Platform, "clock" | "random">;
  /** Of the servers. */
  readonly datacenter: string;
  /** How long a call may look for a server that answers. */
  readonly holdMs: number;
  /** What a blocking query waits when it does not say. */
  readonly defaultWaitMs: number;
  /** What is said when there is no server to ask. */
  readonly nobody: () => KvorumError;
}

interface Attempted {
  /** Whether it may be asked once more when it is not known what became of it. */
  readonly again: boolean;
  /** Whether its client went away. */
  readonly gone: () => boolean;
  /** Whether something that can be sent only once has been. */
  readonly spent?: () => boolean;
}

/**
 * Servers elsewhere as a backend: one is asked, and the next when it cannot be reached. A call that may have been done is asked again only when
 * it changes nothing. Errors that came from a server begin with `rpc error making call: `, as Consul's do.
 */
export class RemoteBackend implements Backend {
  readonly look = undefined;
  readonly #with: RemoteBackendOptions;

  constructor(options: RemoteBackendOptions) {
    this.#with = options;
  }

  call<M extends MethodName>(method: M, request: RequestOf<M>, onCancel?: (cancel: () => void) => void): Promise<ResponseOf<M>> {
    const { rpc, datacenter, platform } = this.#with;
    const began = platform.clock.now();
    let gone = false;
    let stop: (() => void) | undefined;
    onCancel?.(() => {
      gone = true;
      stop?.();
    });
    return this.#attempts({ again: changesNothing(method), gone: () => gone }, ({ address }) => {
      const asked = this.#withWaitLeft(request, platform.clock.now() - began);
      const hear = (cancel: () => void): void => {
        stop = cancel;
        if (gone) cancel();
      };
      return rpc.call({ address, datacenter }, method, asked.request, { timeoutMs: asked.waitMs * 1.1 + REMOTE_CALL_MS, onCancel: hear });
    });
  }

  saveSnapshot(request: Streams["Snapshot.Save"]["request"]): Promise<Streams["Snapshot.Save"]["response"]> {
    const { rpc, datacenter } = this.#with;
    return this.#attempts({ again: true, gone: () => false }, ({ address }) => rpc.saveSnapshot({ address, datacenter }, request));
  }

  restoreSnapshot(request: Streams["Snapshot.Restore"]["request"]): Promise<void> {
    const { rpc, datacenter } = this.#with;
    const body = request.body;
    let begun = false;
    const once = {
      [Symbol.asyncIterator]: () => {
        begun = true;
        return body[Symbol.asyncIterator]();
      },
    };
    // A body that has been begun cannot be sent once more.
    return this.#attempts({ again: false, gone: () => false, spent: () => begun }, ({ address }) =>
      rpc.restoreSnapshot({ address, datacenter }, { ...request, body: once }),
    );
  }

  async #attempts<T>(call: Attempted, run: (server: KnownServer) => Promise<T>): Promise<T> {
    const { servers, platform, holdMs, nobody } = this.#with;
    let failingSince: number | undefined;
    for (let tried = 1; ; tried++) {
      const server = servers.first;
      if (server === undefined) throw nobody();
      const began = platform.clock.now();
      try {
        return await run(server);
      } catch (error) {
        if (!(error instanceof KvorumError)) throw error;
        const unsent = error.code === "unavailable";
        const broken = error.code === "leadership-lost" && error.message === "EOF";
        if (call.gone()) throw error;
        if (unsent || broken || error.code === "no-leader") servers.failed(server);
        const now = platform.clock.now();
        // A wait may have lasted long before its server went.
        if (failingSince === undefined || now - began > holdMs) failingSince = now - began > holdMs ? now : began;
        const mayRetry = call.spent?.() !== true && (unsent || (broken && call.again)) && now - failingSince < holdMs;
        if (!mayRetry)
          throw new KvorumError(error.code, `${unsent ? "rpc error getting client" : "rpc error making call"}: ${error.message}`, { cause: error });
        if (tried % Math.max(1, servers.size) === 0) await this.#pause();
      }
    }
  }

  #pause(): Promise<void> {
    const { clock, random } = this.#with.platform;
    return new Promise((resolve) => clock.after(PAUSE_BETWEEN_ROUNDS_MS / 2 + random.int(PAUSE_BETWEEN_ROUNDS_MS / 2), resolve));
  }

  /** A blocking query that is asked once more waits no longer than its client wanted. */
  #withWaitLeft<M extends MethodName>(request: RequestOf<M>, passedMs: number): { readonly request: RequestOf<M>; readonly waitMs: number } {
    const { options } = request as { readonly options?: Partial<ReadOptions> };
    if (options?.minIndex === undefined || options.minIndex === 0 || options.maxWaitMs === undefined) return { request, waitMs: 0 };
    const wanted = options.maxWaitMs === 0 ? this.#with.defaultWaitMs : Math.min(maxWaitMs, options.maxWaitMs);
    const left = Math.max(1, Math.ceil(wanted - passedMs)); // 0 would stand for the default
    return { request: { ...request, options: { ...options, maxWaitMs: left } }, waitMs: left };
  }
}
