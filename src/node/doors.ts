import { CoordinateReports, ReadCache } from "../agent/index.ts";
import type { Scope } from "../base/scope.ts";
import { type HttpServer, startHttp } from "../http/index.ts";
import { agentPort } from "./agent-port.ts";
import { httpConfig } from "./http-config.ts";
import type { NodeOptions, RunningClient, RunningNode } from "./options.ts";

/** Opens an agent's HTTP doors, and lets it hear and tell what every agent does; `undefined` without HTTP addresses in the configuration. */
export async function openDoors(agent: RunningNode | RunningClient, options: NodeOptions, scope: Scope): Promise<HttpServer | undefined> {
  const { config, platform } = options;
  const { backend, pools } = agent;
  const port = agentPort(agent, options);
  if (pools !== undefined) {
    const { lan } = pools;
    scope.use(lan.onEvent((event) => port.receive(event)));
    if (config.gossip.coordinates.enabled)
      scope.use(
        new CoordinateReports({
          nodeName: config.nodeName,
          coordinate: () => lan.coordinate(),
          members: () => lan.members().length,
          intervalMinMs: config.gossip.coordinates.intervalMinMs,
          ratePerSecond: config.gossip.coordinates.ratePerSecond,
          backend,
          platform,
          logger: platform.log.logger.named("agent"),
        }),
      );
  }
  if (config.http.listen.length === 0) return undefined;
  const cache = scope.use(new ReadCache({ backend, clock: platform.clock, random: platform.random, logger: platform.log.logger.named("agent.cache") }));
  return scope.use(await startHttp({ backend, agent: port, cache, config: httpConfig(config), platform, listenAddresses: config.http.listen }));
}
