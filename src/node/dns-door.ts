import type { ReadCache } from "../agent/index.ts";
import type { Scope } from "../base/scope.ts";
import type { RuntimeConfig } from "../config/index.ts";
import { type DnsServer, type DnsSettings, type LocalReads, startDns } from "../dns/index.ts";
import type { Backend } from "../model/index.ts";
import type { NodeOptions } from "./options.ts";

interface Parts {
  readonly options: NodeOptions;
  readonly backend: Backend;
  readonly cache: ReadCache;
  readonly local: LocalReads | undefined;
  readonly scope: Scope;
}

/** Opens DNS where the configuration has addresses for it. */
export async function openDns({ options, backend, cache, local, scope }: Parts): Promise<DnsServer | undefined> {
  const { config, platform } = options;
  if (config.dns.listen.length === 0) return undefined;
  const { domain, altDomain, translateWanAddrs } = config.dns;
  const place = { domain, altDomain, translateWanAddrs, datacenter: config.datacenter, nodeName: config.nodeName };
  return scope.use(await startDns({ place, settings: dnsSettings(config), listenAddresses: config.dns.listen, local, backend, cache, platform }));
}

/** What of DNS may change while the agent runs. */
export function dnsSettings({ dns }: RuntimeConfig): DnsSettings {
  return dns;
}
