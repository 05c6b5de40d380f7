/** The knobs of one pool. All times in milliseconds. Defaults: `LAN`, `WAN`, `LOCAL`, `DEV`; each is a set of memberlist's or Consul's. */
export interface Timing {
  /** One member is probed every `probeIntervalMs` × (health score + 1). */
  readonly probeIntervalMs: number;
  /** A direct probe without an ack goes indirect after this; not scaled. */
  readonly probeTimeoutMs: number;
  /** Suspicion: min = mult × max(1, log10 n) × probe interval, max = 6 × min. */
  readonly suspicionMult: number;
  /** How many others are asked to probe. */
  readonly indirectChecks: number;
  /** A broadcast is sent mult × ceil(log10(n + 1)) times. */
  readonly retransmitMult: number;
  readonly gossipIntervalMs: number;
  readonly gossipNodes: number;
  /** How long gossip still goes to a member that is dead. */
  readonly gossipToTheDeadMs: number;
  /** Interval × (1 + ceil(log2(n / 32))) above 32 members. */
  readonly pushPullIntervalMs: number;
  /** For a whole exchange on a stream. */
  readonly streamTimeoutMs: number;
  /** Health score goes from 0 to this less one. Lifeguard §III. */
  readonly awarenessMax: number;
  /** Bytes of a datagram before compression, the layers around it left out. */
  readonly datagramBytes: number;
  /** A dead member's name may be taken by another address after this; 0: never. memberlist has 0, Consul 30 s; here a rebuilt machine is back at once. */
  readonly reclaimMs: number;
  /** Lifeguard's parts off: no health score, no nacks, one fixed time for every suspicion, suspects not told. Only to compare with. */
  readonly plainSwim?: boolean;
}

const COMMON = { retransmitMult: 4, awarenessMax: 8, datagramBytes: 1400, reclaimMs: 1 };
const DETECTION_LAN = { probeIntervalMs: 1_000, probeTimeoutMs: 500, suspicionMult: 4, indirectChecks: 3 };
export const LAN: Timing = {
  ...COMMON,
  ...DETECTION_LAN,
  gossipIntervalMs: 200,
  gossipNodes: 3,
  gossipToTheDeadMs: 30_000,
  pushPullIntervalMs: 30_000,
  streamTimeoutMs: 10_000,
};
export const WAN: Timing = {
  ...COMMON,
  probeIntervalMs: 5_000,
  probeTimeoutMs: 3_000,
  suspicionMult: 6,
  indirectChecks: 3,
  gossipIntervalMs: 500,
  gossipNodes: 3,
  gossipToTheDeadMs: 60_000,
  pushPullIntervalMs: 60_000,
  streamTimeoutMs: 30_000,
};
export const LOCAL: Timing = {
  ...COMMON,
  probeIntervalMs: 1_000,
  probeTimeoutMs: 200,
  suspicionMult: 3,
  indirectChecks: 1,
  retransmitMult: 2,
  gossipIntervalMs: 100,
  gossipNodes: 3,
  gossipToTheDeadMs: 15_000,
  pushPullIntervalMs: 15_000,
  streamTimeoutMs: 1_000,
};
/** What `agent -dev` uses: quick, for one machine. */
export const DEV: Timing = { ...LAN, probeIntervalMs: 100, probeTimeoutMs: 100, suspicionMult: 3, gossipIntervalMs: 100 };

/** The longest suspicion as a multiple of the shortest. Lifeguard §IV-B. */
const SUSPICION_MAX_MULT = 6;
/** Up to so many members, push/pulls keep their plain interval. */
const PUSH_PULL_THRESHOLD = 32;

/** The shortest time that a suspicion may last among `n` known members. SWIM §4.2, Lifeguard §IV-B. */
export function suspicionMinMs(timing: Timing, n: number): number {
  const scale = Math.max(1, Math.log10(Math.max(1, n)));
  return timing.suspicionMult * (Math.floor(scale * 1000) / 1000) * timing.probeIntervalMs;
}

export function suspicionMaxMs(timing: Timing, n: number): number {
  return SUSPICION_MAX_MULT * suspicionMinMs(timing, n);
}

/** How long a suspicion lasts in all after `confirmations` of `k` expected ones. */
export function suspicionTotalMs(options: { readonly confirmations: number; readonly k: number; readonly minMs: number; readonly maxMs: number }): number {
  const { confirmations, k, minMs, maxMs } = options;
  if (k < 1) return minMs;
  const share = Math.log(confirmations + 1) / Math.log(k + 1);
  return Math.max(minMs, Math.floor(maxMs - share * (maxMs - minMs)));
}

/** How many independent accusers shorten a suspicion to its minimum: none when too few members are left to confirm. */
export function expectedConfirmations(timing: Timing, n: number): number {
  if (timing.plainSwim === true) return 0;
  const k = timing.suspicionMult - 2;
  return n - 2 < k ? 0 : k;
}

/** How often a broadcast is sent among `n` known members, dead and left ones included. SWIM §4.1. */
export function retransmitLimit(mult: number, n: number): number {
  return mult * Math.ceil(Math.log10(n + 1));
}

/**
 * When all but one in ten thousand of `n` members know what some have been told, by the model of Serf's convergence simulator,
 * share = 1 / (1 + (n + 1) e^(-fanout × rounds)), and a round more.
 */
export function spreadMs(timing: Timing, n: number): number {
  const rounds = Math.log((n + 1) * 9_999) / timing.gossipNodes;
  return (Math.ceil(rounds) + 1) * timing.gossipIntervalMs;
}

export function pushPullScaledMs(intervalMs: number, n: number): number {
  if (n <= PUSH_PULL_THRESHOLD) return intervalMs;
  return intervalMs * (1 + Math.ceil(Math.log2(n) - Math.log2(PUSH_PULL_THRESHOLD)));
}
