import type { RuntimeConfig } from "../config/index.ts";
import type { Backend } from "../model/index.ts";
import type { Rpc } from "../rpc/index.ts";
import type { NodePlatform } from "./options.ts";
import { LimitedBackend, type Rate, TokenBucket } from "./rate-limit.ts";

/** What of a node's settings can change while it runs, and the settings as they are now. */
export class LiveSettings {
  #config: RuntimeConfig;
  readonly #bucket: TokenBucket;
  readonly #rpc: Rpc;
  readonly #platform: NodePlatform;

  constructor(config: RuntimeConfig, platform: NodePlatform, rpc: Rpc) {
    this.#config = config;
    this.#platform = platform;
    this.#rpc = rpc;
    this.#bucket = new TokenBucket(rateOf(config), platform.clock);
  }

  get config(): RuntimeConfig {
    return this.#config;
  }

  /** For this agent and its clients: asks no faster than `limits.rpc_rate` allows. */
  limited(backend: Backend): Backend {
    return new LimitedBackend(backend, this.#bucket, this.#platform.metrics);
  }

  /** Takes over what can change. What the doors have of it is theirs to change. */
  change(fresh: RuntimeConfig): void {
    const { log, telemetry, limits, nodeMeta, agent } = fresh;
    this.#platform.setLogLevel?.(log.level);
    this.#platform.setMetricRules?.({ passByDefault: telemetry.filterDefault, rules: telemetry.prefixFilter });
    this.#bucket.change(rateOf(fresh));
    this.#rpc.limitConnections(limits.rpcMaxConnsPerClient);
    const now = this.#config;
    this.#config = {
      ...now,
      nodeMeta,
      log: { ...now.log, level: log.level },
      telemetry: { ...now.telemetry, filterDefault: telemetry.filterDefault, prefixFilter: telemetry.prefixFilter },
      limits: {
        ...now.limits,
        rpcRate: limits.rpcRate,
        rpcMaxBurst: limits.rpcMaxBurst,
        rpcMaxConnsPerClient: limits.rpcMaxConnsPerClient,
        httpMaxConnsPerClient: limits.httpMaxConnsPerClient,
      },
      dns: { ...fresh.dns, listen: now.dns.listen, domain: now.dns.domain, altDomain: now.dns.altDomain },
      agent: { ...now.agent, discardCheckOutput: agent.discardCheckOutput },
      services: fresh.services,
      checks: fresh.checks,
      watches: fresh.watches,
    };
  }
}

function rateOf({ limits: { rpcRate, rpcMaxBurst } }: RuntimeConfig): Rate {
  return { perSecond: rpcRate < 0 ? Number.POSITIVE_INFINITY : rpcRate, burst: rpcMaxBurst };
}
