import type { Histogram, Metrics } from "../platform/index.ts";
import { timerName } from "./run.ts";
import type { Endpoint } from "./table.ts";

/** A timer for each route, under Consul's name (`http.GET.v1.kv._`), there from the start. */
export class Timers {
  readonly #byEndpoint = new Map<Endpoint, ReadonlyMap<string, Histogram>>();

  constructor(endpoints: readonly Endpoint[], metrics: Metrics) {
    for (const endpoint of endpoints) {
      const timers = [...endpoint.byMethod.values()].map((route): [string, Histogram] => [
        route.method,
        metrics.histogram(timerName(endpoint, route), `Time to answer ${route.method} ${route.path}, milliseconds; held answers count whole`),
      ]);
      this.#byEndpoint.set(endpoint, new Map(timers));
    }
  }

  observe(endpoint: Endpoint, method: string, ms: number): void {
    this.#byEndpoint.get(endpoint)?.get(method)?.observe(ms);
  }
}
