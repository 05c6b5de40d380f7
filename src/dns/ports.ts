import type { Backend, MethodName, Read, ReadMeta, RequestOf, ResponseOf } from "../model/index.ts";

/** The reads that DNS makes. */
export type LocalMethod = Extract<MethodName, "Catalog.Nodes" | "Catalog.NodeServices" | "Health.ServiceNodes" | "Internal.Services">;

/** What a read of this process's own state found. */
export interface LocalRead<M extends LocalMethod> {
  readonly value: ResponseOf<M> extends Read<infer V> ? V : never;
  readonly meta: ReadMeta;
  /** Calls once when any of it has changed. To be armed in the turn of the read, if at all. */
  watch(changed: () => void): Disposable;
}

/** The state of a server in this process, read at once, as old as it may be. `node` fills it in. */
export interface LocalReads {
  read<M extends LocalMethod>(method: M, request: RequestOf<M>): LocalRead<M>;
  /** What this server knows of the leader now. */
  contact(): Omit<ReadMeta, "index">;
  /** A prepared query; `undefined` when others have to be asked. Throws `not-found`. */
  execute(request: RequestOf<"Query.Execute">): LocalExecution | undefined;
}

/** What a prepared query found in this process's own state. */
export interface LocalExecution {
  readonly execution: ResponseOf<"Query.Execute">;
  /** The instances are in no order: whoever gives them away shuffles them. Otherwise they are for this client alone, and cannot be watched. */
  readonly byChance: boolean;
  watch(changed: () => void): Disposable;
}

/** Whoever answers when there is no state here, or when it is too old, or of another datacenter. */
export type Asked = Pick<Backend, "call">;

/** The agent's cache. `node` fills it in. */
export interface Cached {
  get<M extends "Health.ServiceNodes" | "Query.Execute">(
    method: M,
    request: RequestOf<M>,
    wish: { readonly maxAgeMs: number | undefined; readonly staleIfErrorMs: number; readonly mustRevalidate: boolean },
    onCancel: (cancel: () => void) => void,
  ): Promise<{ readonly answer: ResponseOf<M> }>;
}
