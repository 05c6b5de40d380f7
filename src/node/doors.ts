import { CoordinateReports, type LocalAgent, ReadCache, RemoteExec } from "../agent/index.ts";
import type { Scope } from "../base/scope.ts";
import type { DnsServer, LocalReads } from "../dns/index.ts";
import { type HttpServer, startHttp } from "../http/index.ts";
import type { Watches } from "../watch/index.ts";
import { agentPort } from "./agent-port.ts";
import { ApiCalls } from "./api-calls.ts";
import { openDns } from "./dns-door.ts";
import { httpConfig } from "./http-config.ts";
import { secureDoor } from "./https.ts";
import { startLocalAgent } from "./local-agent.ts";
import type { NodeOptions, RunningClient, RunningNode } from "./options.ts";
import { Removals } from "./removals.ts";
import { startWatches } from "./watches.ts";

/** What an agent has of its own: its services and checks, and HTTP, DNS and watches where the configuration has addresses for it. */
export interface Doors {
  readonly local: LocalAgent;
  readonly http: HttpServer | undefined;
  /** `undefined` without HTTP: they ask there. */
  readonly watches: Watches | undefined;
  readonly dns: DnsServer | undefined;
}

/** Begins what every agent does, server or not: its own services and checks, what it hears and tells in the pool, its doors. `reads`: of a server. */
export async function openDoors(agent: RunningNode | RunningClient, options: NodeOptions, scope: Scope, reads?: LocalReads): Promise<Doors> {
  const { config, platform } = options;
  const { backend, pools } = agent;
  const local = await startLocalAgent(agent, options, scope);
  const port = agentPort(agent, options, { local, remoteExec: config.agent.remoteExec ? scope.use(remoteExec(agent, options)) : undefined });
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
  const { clock, random, log } = platform;
  const kept = new ReadCache({ backend, clock, random, logger: log.logger.named("agent.cache") });
  scope.use(kept);
  const dns = await openDns({ options, backend, cache: kept, local: reads, scope });
  const secure = await secureDoor(config, platform.files);
  if (config.http.secureListen.length > 0 && secure === undefined)
    platform.log.logger.named("agent").warn("HTTPS is off: ports.https is set, but neither cert_file nor key_file");
  if (config.http.listen.length === 0 && secure === undefined) return { local, http: undefined, dns, watches: undefined };
  const cache = config.http.useCache ? kept : undefined;
  const outer = new ApiCalls(new Removals(backend, { nodeName: config.nodeName, local }, platform.log.logger), platform.metrics);
  const http = scope.use(
    await startHttp({ backend: outer, agent: port, cache, config: httpConfig(config), platform, listenAddresses: config.http.listen, secure }),
  );
  return { local, http, dns, watches: http.addresses.length === 0 ? undefined : await startWatches(http, options, scope) };
}

function remoteExec({ backend }: RunningNode | RunningClient, { config, platform }: NodeOptions): RemoteExec {
  const { clock, processes, log } = platform;
  return new RemoteExec({ nodeName: config.nodeName, backend, clock, processes, logger: log.logger.named("agent") });
}
