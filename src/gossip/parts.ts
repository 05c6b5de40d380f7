import type { Scope } from "../base/scope.ts";
import type { Logger, Platform } from "../platform/index.ts";
import type { Address } from "./core/index.ts";
import type { Keyring } from "./keyring.ts";
import type { GossipMetrics } from "./metrics.ts";
import type { RateLog } from "./rate-log.ts";
import type { Remembered, SnapshotFile } from "./snapshot.ts";
import type { Transport } from "./transport.ts";
import type { GossipSettings } from "./types.ts";

/** What one pool is made of before it begins. */
export interface PoolParts {
  readonly settings: GossipSettings;
  readonly platform: Platform;
  readonly log: Logger;
  readonly rateLog: RateLog;
  readonly metrics: GossipMetrics;
  readonly keyring: Keyring;
  readonly transport: Transport;
  readonly scope: Scope;
  readonly address: Address;
  readonly file: SnapshotFile | undefined;
  readonly remembered: Remembered | undefined;
}
