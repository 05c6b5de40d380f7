import { BadRequestError } from "../base/errors.ts";
import { Scope } from "../base/scope.ts";
import { type Platform, parseAddress } from "../platform/index.ts";
import type { Address } from "./core/index.ts";
import { addressOf } from "./ip.ts";
import { Keyring } from "./keyring.ts";
import { EVENT_BYTES_LIMIT } from "./limits.ts";
import { packedTags } from "./meta.ts";
import { GossipMetrics } from "./metrics.ts";
import { Pool } from "./pool.ts";
import { RateLog } from "./rate-log.ts";
import { type Remembered, SnapshotFile } from "./snapshot.ts";
import { Transport } from "./transport.ts";
import type { Gossip, GossipSettings } from "./types.ts";

/**
 * Becomes a member of one pool: alone at first, or on its way back to the members it remembers.
 * Rejects with `bad-request` for settings that cannot be, `unavailable` when the address is taken, `disk` when the file of members cannot be read.
 */
export async function startGossip(settings: GossipSettings, platform: Platform): Promise<Gossip> {
  checkSettings(settings);
  const log = platform.log.logger.named("gossip").named(settings.label);
  const metrics = new GossipMetrics(platform.metrics);
  const keyring = new Keyring(settings.encryption, { files: platform.files, nonce: () => platform.random.bytes(12) });
  const rateLog = new RateLog(log, platform.clock);
  const scope = new Scope((name, error) => log.error("A background task failed", { name, error: String(error) }));
  let pool: Pool | undefined; // whatever comes in before it stands is lost, as datagrams may be
  const transport = await Transport.open(
    settings.bind,
    { platform, keyring, metrics, log: rateLog, compress: settings.compress ?? true, streamTimeoutMs: settings.timing.streamTimeoutMs },
    {
      onDatagram: (from, messages) => pool?.onDatagram(from, messages),
      onSendFailed: (to) => pool?.onSendFailed(to),
      onStream: (message) => pool?.onStream(message) ?? { answer: undefined },
    },
  );
  scope.use(transport);
  try {
    const address = advertised(settings, transport.address);
    const snapshot = await openSnapshot(settings, { platform, metrics, log: rateLog, clocks: () => pool?.clocksSeen() });
    if (snapshot !== undefined) scope.use(snapshot.file);
    pool = new Pool({ settings, platform, log, rateLog, metrics, keyring, transport, scope, address, file: snapshot?.file, remembered: snapshot?.remembered });
    pool.start();
    return pool;
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

const NO_CLOCKS = { member: 0n, event: 0n, query: 0n };

function openSnapshot(
  settings: GossipSettings,
  parts: { readonly platform: Platform; readonly metrics: GossipMetrics; readonly log: RateLog; readonly clocks: () => Remembered["clocks"] | undefined },
): Promise<{ readonly file: SnapshotFile; readonly remembered: Remembered }> | undefined {
  if (settings.snapshotFile === undefined) return undefined;
  const { files, clock } = parts.platform;
  const rejoinAfterLeave = settings.rejoinAfterLeave ?? false;
  return SnapshotFile.open(settings.snapshotFile, { files, clock, ...parts, rejoinAfterLeave, clocks: () => parts.clocks() ?? NO_CLOCKS });
}

function checkSettings({ name, tags, eventBytesMax = 0 }: GossipSettings): void {
  if (name === "" || name.includes("\n")) throw new BadRequestError(`Cannot use member name ${JSON.stringify(name)}: it is empty or has a line end`);
  if (eventBytesMax > EVENT_BYTES_LIMIT)
    throw new BadRequestError(`Cannot allow events of ${eventBytesMax} bytes: at most ${EVENT_BYTES_LIMIT} fit a datagram`);
  packedTags(tags);
}

function advertised(settings: GossipSettings, bound: string): Address {
  const own = parseAddress(bound);
  const { host, port } = parseAddress(settings.advertise ?? bound);
  if (host === "0.0.0.0" || host === "::") throw new BadRequestError(`Cannot tell others the address "${host}": an address to advertise is needed`);
  return addressOf(host, port === 0 ? own.port : port);
}
