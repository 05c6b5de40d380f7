import { Scope } from "../base/scope.ts";
import type { Platform } from "../platform/index.ts";
import { Finder } from "./finder.ts";
import { dnsMeters } from "./meters.ts";
import type { Asked, Cached, LocalReads } from "./ports.ts";
import { Recursors } from "./recursors.ts";
import { Responder } from "./responder.ts";
import type { DnsPlace, DnsSettings } from "./settings.ts";
import { type Crowd, openTcpDoor } from "./tcp-door.ts";
import { Turns } from "./turns.ts";
import { openUdpDoor } from "./udp-door.ts";

export interface DnsOptions {
  readonly place: DnsPlace;
  readonly settings: DnsSettings;
  /** `ip:port` each, for UDP and TCP. */
  readonly listenAddresses: readonly string[];
  /** State of this process; `undefined`: it has none. */
  readonly local: LocalReads | undefined;
  readonly backend: Asked;
  readonly cache: Cached | undefined;
  readonly platform: Platform;
}

/** DNS, running. */
export interface DnsServer extends AsyncDisposable {
  /** `ip:port` as bound, the port never 0. */
  readonly addresses: readonly string[];
  /** From now on these settings hold. */
  configure(settings: DnsSettings): void;
}

/** Opens UDP and TCP at each address. Rejects with `unavailable` when one is taken, and leaves nothing open then. */
export async function startDns(options: DnsOptions): Promise<DnsServer> {
  const { place, settings, listenAddresses, local, backend, cache, platform } = options;
  const logger = platform.log.logger.named("dns");
  const meters = dnsMeters(platform.metrics, place.nodeName);
  const recursors = new Recursors(platform, meters, logger);
  const finder = new Finder({ place, local, backend, cache, recursors, meters, logger, clock: platform.clock });
  const responder = new Responder({ place, settings, finder, recursors, platform, meters });
  const scope = new Scope();
  scope.defer(() => {
    responder.close();
    finder.close();
  });
  const { network, clock } = platform;
  const crowd: Crowd = { open: 0, turns: new Turns(clock) };
  const addresses: string[] = [];
  try {
    for (const address of listenAddresses) {
      const listener = scope.use(await openTcpDoor(address, { network, responder, meters, clock, crowd }));
      scope.use(await openUdpDoor(listener.address, { network, responder, meters }));
      addresses.push(listener.address);
      logger.info("Started DNS server", { address: listener.address });
    }
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
  return { addresses, configure: (fresh) => responder.configure(fresh), [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}
