import { KvorumError } from "../../base/errors.ts";
import {
  checkedInstanceRow,
  checkRow,
  type FilterCache,
  FilterFault,
  type Kind,
  nodeRow,
  nodeWithAllRow,
  serviceNodeRow,
  serviceRow,
} from "../../filter/index.ts";
import type { ReadOptions, RequestOf } from "../../model/index.ts";
import { pageOf } from "./instance-page.ts";
import type { ReadMethodName, ValueOf } from "./reads.ts";

/** What is taken of what a read found. */
type Selection<M extends ReadMethodName> = (value: ValueOf<M>) => ValueOf<M>;
type Selector<M extends ReadMethodName> = (filters: FilterCache, request: RequestOf<M>) => Selection<M> | undefined;

/** The reads that know filters; others pass them over, as in Consul. */
const SELECTORS: { readonly [M in ReadMethodName]?: Selector<M> } = {
  "Catalog.Nodes": (filters, { options }) => rowsOf(filters, options, nodeRow),
  "Catalog.ServiceNodes": (filters, { options }) => rowsOf(filters, options, serviceNodeRow),
  "Catalog.NodeServices": (filters, { options }) => {
    const services = rowsOf(filters, options, serviceRow);
    return services && ((found) => found && { ...found, services: services(found.services) });
  },
  "Health.Node": (filters, { options }) => rowsOf(filters, options, checkRow),
  "Health.Checks": (filters, { options }) => rowsOf(filters, options, checkRow),
  "Health.State": (filters, { options }) => rowsOf(filters, options, checkRow),
  "Health.ServiceNodes": (filters, { options }) => rowsOf(filters, options, checkedInstanceRow),
  "Health.Instances": (filters, request) => pageOf(request, rowsOf(filters, request.options, checkedInstanceRow)),
  "Internal.Nodes": (filters, { options }) => rowsOf(filters, options, nodeWithAllRow),
  "Internal.Services": (filters, { options }) => rowsOf(filters, options, checkedInstanceRow),
};

/** Whether anything can be said about what is taken of this read's answers. */
export function knowsSelections(method: ReadMethodName): boolean {
  return Object.hasOwn(SELECTORS, method);
}

/** What is taken of the answer to this request; `undefined`: all of it. Throws `internal` with Consul's text when the filter is at fault. */
export function selectionOf<M extends ReadMethodName>(method: M, request: RequestOf<M>, filters: FilterCache): Selection<M> | undefined {
  try {
    return SELECTORS[method]?.(filters, request);
  } catch (error) {
    if (error instanceof FilterFault) throw new KvorumError("internal", error.message, { cause: error });
    throw error;
  }
}

function rowsOf<T>(filters: FilterCache, { filter }: ReadOptions, kind: Kind<T>): ((rows: readonly T[]) => readonly T[]) | undefined {
  const test = filters.get(filter, kind);
  return test && ((rows) => rows.filter(test));
}
