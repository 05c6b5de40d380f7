import { Gate } from "./gate.ts";
import type { HttpConfig, HttpOptions } from "./ports.ts";
import type { World } from "./route.ts";
import { ROUTES } from "./routes/index.ts";
import type { Manner } from "./send.ts";
import { RouteTable } from "./table.ts";
import { Timers } from "./timers.ts";

/** What both doors share. */
export interface House {
  readonly world: World;
  readonly table: RouteTable;
  readonly gate: Gate;
  readonly timers: Timers;
  readonly manner: Manner;
}

/** Headers of every answer of an endpoint, name and value in turn. */
function extraHeaders({ responseHeaders, translateWanAddrs }: HttpConfig): readonly string[] {
  return [...Object.entries(responseHeaders).flat(), ...(translateWanAddrs ? ["X-Consul-Translate-Addresses", "true"] : [])];
}

/** Throws `config` when a network in the configuration cannot be read. */
export function houseOf({ backend, agent, cache, config, platform }: Omit<HttpOptions, "listenAddresses">): House {
  const table = new RouteTable(ROUTES);
  return {
    world: { backend, agent, cache, config, platform, log: platform.log.logger.named("http"), routes: ROUTES },
    table,
    gate: new Gate(config),
    timers: new Timers(table.endpoints, platform.metrics),
    manner: { extraHeaders: extraHeaders(config) },
  };
}
