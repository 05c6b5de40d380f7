import { SimRandom } from "./engine/random.ts";

/** What a run may suffer. Every `…EveryMs` is a mean time between two such events; 0 is never. Times in virtual milliseconds. */
export interface Weather {
  /** Least and most time a message takes one way when nothing is wrong. */
  readonly latencyMs: readonly [number, number];
  /** Share of messages that are lost (streams: come one or more retransmission times late). */
  readonly lossRate: number;
  /** Shares of messages that come twice, or overtake others: only where messages are not a stream. */
  readonly duplicateRate: number;
  readonly reorderRate: number;
  /** A connection between two servers breaks. */
  readonly resetEveryMs: number;
  /** Servers are cut from each other, in one or both directions, for so long. */
  readonly partitionEveryMs: number;
  readonly partitionMs: readonly [number, number];
  /** A server dies and comes back after so long; the share of deaths that are a loss of power (peers hear nothing). */
  readonly crashEveryMs: number;
  readonly downMs: readonly [number, number];
  readonly powerLossShare: number;
  /** A server is stopped in good order and started again. */
  readonly restartEveryMs: number;
  /** All servers at once. */
  readonly blackoutEveryMs: number;
  /** A server's event loop stands still for so long. */
  readonly stallEveryMs: number;
  readonly stallMs: readonly [number, number];
  /** The wall clock of one server jumps, at most so far either way. */
  readonly wallStepEveryMs: number;
  readonly wallStepMs: number;
  /** How long a synced write takes. */
  readonly syncMs: readonly [number, number];
  /** For a time all writes of one server take so long. */
  readonly slowDiskEveryMs: number;
  readonly slowDiskMs: readonly [number, number];
  /** For a time all writes of one server fail (full disk). */
  readonly fullDiskEveryMs: number;
  readonly fullDiskMs: readonly [number, number];
  /** What operators do. */
  readonly membershipEveryMs: number;
  readonly transferEveryMs: number;
  readonly snapshotEveryMs: number;
}

export const CALM: Weather = {
  latencyMs: [0.2, 1],
  lossRate: 0,
  duplicateRate: 0,
  reorderRate: 0,
  resetEveryMs: 0,
  partitionEveryMs: 0,
  partitionMs: [100, 2_000],
  crashEveryMs: 0,
  downMs: [10, 3_000],
  powerLossShare: 0.3,
  restartEveryMs: 0,
  blackoutEveryMs: 0,
  stallEveryMs: 0,
  stallMs: [20, 1_500],
  wallStepEveryMs: 0,
  wallStepMs: 600_000,
  syncMs: [0.3, 3],
  slowDiskEveryMs: 0,
  slowDiskMs: [50, 800],
  fullDiskEveryMs: 0,
  fullDiskMs: [100, 1_500],
  membershipEveryMs: 0,
  transferEveryMs: 0,
  snapshotEveryMs: 0,
};

/** The weather of a seed: each trouble is there or not by a throw of its own, so that every mixture comes up, the single ones too. */
export function weatherFor(seed: number): Weather {
  const random = new SimRandom(seed, "weather");
  const troubled = random.chance(0.95);
  const often = (share: number, everyMs: number): number => (troubled && random.chance(share) ? random.between(0.5, 2) * everyMs : 0);
  const far = random.chance(0.3);
  const slow = random.chance(0.2);
  return {
    ...CALM,
    latencyMs: far ? [2, 25] : CALM.latencyMs,
    syncMs: slow ? [3, 30] : CALM.syncMs,
    lossRate: often(0.4, 0.02),
    duplicateRate: often(0.4, 0.02),
    reorderRate: often(0.4, 0.02),
    resetEveryMs: often(0.4, 800),
    partitionEveryMs: often(0.5, 1_500),
    crashEveryMs: often(0.5, 1_000),
    restartEveryMs: often(0.3, 2_000),
    blackoutEveryMs: often(0.15, 3_000),
    stallEveryMs: often(0.4, 1_000),
    wallStepEveryMs: often(0.3, 1_000),
    slowDiskEveryMs: often(0.3, 2_000),
    fullDiskEveryMs: often(0.15, 4_000),
    membershipEveryMs: often(0.4, 600),
    transferEveryMs: often(0.4, 1_200),
    snapshotEveryMs: often(0.5, 700),
  };
}
