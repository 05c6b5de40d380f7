import { Later } from "../base/later.ts";
import type { Backend, Look, MethodName, RequestOf, ResponseOf } from "../model/index.ts";
import type { Counter, Metrics } from "../platform/index.ts";

/** Methods whose calls Consul counts at the agent that was asked, and its names for them. */
const COUNTED: readonly (readonly [method: MethodName, name: string])[] = [
  ["Catalog.Register", "catalog_register"],
  ["Catalog.Deregister", "catalog_deregister"],
  ["Catalog.Datacenters", "catalog_datacenters"],
  ["Catalog.Nodes", "catalog_nodes"],
  ["Catalog.Services", "catalog_services"],
  ["Catalog.ServiceNodes", "catalog_service_nodes"],
  ["Catalog.NodeServices", "catalog_node_services"],
];

interface CallMeters {
  readonly asked: Counter;
  readonly answered: Counter;
  readonly failed: Counter;
}

/** Counts what clients ask of the catalog at this agent's HTTP door, under the names of Consul's telemetry. */
export class ApiCalls implements Backend {
  readonly #inner: Backend;
  readonly #meters: ReadonlyMap<MethodName, CallMeters>;

  constructor(inner: Backend, metrics: Metrics) {
    this.#inner = inner;
    this.#meters = new Map(
      COUNTED.map(([method, name]) => [
        method,
        {
          asked: metrics.counter(`client.api.${name}`, `Requests for ${name} at this agent`),
          answered: metrics.counter(`client.api.success.${name}`, `Requests for ${name} that were answered`),
          failed: metrics.counter(`client.rpc.error.${name}`, `Requests for ${name} that no server could answer`),
        },
      ]),
    );
  }

  call<M extends MethodName>(method: M, request: RequestOf<M>, onCancel?: (cancel: () => void) => void): Promise<ResponseOf<M>> {
    const answer = this.#inner.call(method, request, onCancel);
    const meters = this.#meters.get(method);
    return meters === undefined ? answer : counted(answer, meters);
  }

  readonly look: Look = (method, request, onCancel) => {
    const meters = this.#meters.get(method);
    if (meters === undefined) return this.#inner.look?.(method, request, onCancel);
    return lookedFor(() => this.#inner.look?.(method, request, onCancel), meters);
  };

  saveSnapshot: Backend["saveSnapshot"] = (request) => this.#inner.saveSnapshot(request);
  restoreSnapshot: Backend["restoreSnapshot"] = (request) => this.#inner.restoreSnapshot(request);
}

async function counted<T>(answer: Promise<T>, meters: CallMeters): Promise<T> {
  meters.asked.add(1);
  try {
    const value = await answer;
    meters.answered.add(1);
    return value;
  } catch (error) {
    meters.failed.add(1);
    throw error;
  }
}

/** As `counted`, for what needs no promise. What cannot be looked for is not counted: it will be a call. */
function lookedFor<T>(look: () => T | Later<T> | undefined, meters: CallMeters): T | Later<T> | undefined {
  let found: T | Later<T> | undefined;
  try {
    found = look();
  } catch (error) {
    meters.asked.add(1);
    meters.failed.add(1);
    throw error;
  }
  if (found === undefined) return undefined;
  meters.asked.add(1);
  if (!(found instanceof Later)) {
    meters.answered.add(1);
    return found;
  }
  const told = new Later<T>();
  found.on(
    (value) => {
      meters.answered.add(1);
      told.settle(value);
    },
    (error) => {
      meters.failed.add(1);
      told.fail(error);
    },
  );
  return told;
}
