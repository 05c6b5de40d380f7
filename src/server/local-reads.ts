import type { ReadMeta, RequestOf } from "../model/index.ts";
import { type StateStore, WatchSet } from "../state/index.ts";
import type { LocalExecution, QueryExecutions } from "./endpoints/query-execute.ts";
import { READS, type ReadMethodName, type ValueOf } from "./endpoints/reads.ts";

/** What a read of the state at hand found. */
export interface LocalRead<M extends ReadMethodName> {
  readonly value: ValueOf<M>;
  readonly meta: ReadMeta;
  /** Calls once, when anything that was read has changed, or when the state was replaced. To be armed in the turn of the read, if at all. */
  watch(changed: () => void): Disposable;
}

/** Stale reads without a promise, for whoever answers thousands a second in this process. The request's options are not looked at: no filter, no wait. */
export interface LocalReads {
  read<M extends ReadMethodName>(method: M, request: RequestOf<M>): LocalRead<M>;
  contact(): Omit<ReadMeta, "index">;
  /** A prepared query; `undefined` when other datacenters would have to be asked. Throws `not-found`. */
  execute(request: RequestOf<"Query.Execute">): LocalExecution | undefined;
}

/** `contact`: what this server knows of the leader; a time beyond all bounds when it has never heard of one. */
export function localReads(state: StateStore, contact: () => Omit<ReadMeta, "index">, executions: QueryExecutions): LocalReads {
  return {
    read(method, request) {
      const watch = new WatchSet();
      const { value, index, shown } = READS[method](state, request, watch);
      return { value, meta: { index: shown ?? index, ...contact() }, watch: (changed) => watch.wait(changed) };
    },
    contact,
    execute: (request) => executions.now(request, contact()),
  };
}
