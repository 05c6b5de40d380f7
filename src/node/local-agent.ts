import { type Definitions, LocalAgent } from "../agent/index.ts";
import type { JsonValue } from "../base/json.ts";
import type { Scope } from "../base/scope.ts";
import type { RuntimeConfig } from "../config/index.ts";
import { checkIdentity } from "./https.ts";
import type { NodeOptions, RunningClient, RunningNode } from "./options.ts";
import { Removals } from "./removals.ts";

/** Starts what this agent does about its own services and checks. On a server and on a client it is the same. */
export async function startLocalAgent(agent: RunningNode | RunningClient, { config, platform, dockerHost }: NodeOptions, scope: Scope): Promise<LocalAgent> {
  const { backend, pools } = agent;
  const local = scope.use(
    await LocalAgent.start({
      node: {
        id: agent.id,
        node: config.nodeName,
        address: config.advertiseAddr,
        datacenter: config.datacenter,
        taggedAddresses: config.taggedAddresses,
        meta: nodeMetaOf(config),
      },
      settings: config.agent,
      definitions: definitionsOf(config),
      identity: await checkIdentity(config, platform.files),
      folder: config.dataDir,
      backend,
      platform,
      logger: platform.log.logger,
      dockerHost,
      members: () => pools?.lan.members().length ?? 1,
    }),
  );
  const serverUp = (): void => {
    if (local.syncState !== "partial") local.serverUp();
  };
  if ("raft" in agent) scope.use(agent.raft.onLeadership(serverUp));
  if (pools !== undefined) {
    scope.use(pools.lan.onMember(serverUp));
    scope.use(pools.lan.onEvent((event) => Removals.receive(event, config.nodeName, local)));
  }
  return local;
}

/** The metadata of a node as the catalog has it. */
export function nodeMetaOf({ nodeMeta }: RuntimeConfig): Readonly<Record<string, string>> {
  return { ...nodeMeta, "consul-network-segment": "" };
}

/** What the configuration says of services and checks. */
export function definitionsOf({ services, checks }: RuntimeConfig): Definitions {
  return { services: services as readonly JsonValue[], checks: checks as readonly JsonValue[] };
}
