import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asIndex } from "../../src/base/ids.ts";
import type { RaftLog, RaftMessage, RaftStorage } from "../../src/raft/index.ts";
import { firstFailure } from "./first-failure.ts";
import type { Tamper } from "./ports/raft-transport.ts";
import { RaftWorld, type RaftWorldOptions } from "./raft/raft-world.ts";
import { CALM, type Weather } from "./weather.ts";

/** A bug put in on purpose, and the rules that may find it: a checker that never finds anything proves nothing. */
interface Planted {
  readonly bug: string;
  readonly caughtBy: RegExp;
  readonly weather?: Partial<Weather>;
  readonly servers?: number;
  readonly plant: Omit<RaftWorldOptions, "seed" | "servers" | "weather">;
}

const ROUGH: Partial<Weather> = { crashEveryMs: 600, downMs: [5, 300], partitionEveryMs: 1_200, partitionMs: [300, 2_500], lossRate: 0.02 };
const MAX_SEEDS = 40;

/** A log that does something else with what it is given. */
function lyingLog(storage: RaftStorage, lie: (log: RaftLog) => Partial<RaftLog>): RaftStorage {
  const { log } = storage;
  const honest: RaftLog = {
    load: () => log.load(),
    write: (batch) => log.write(batch),
    compact: (upTo) => log.compact(upTo),
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
  };
  return { log: { ...honest, ...lie(log) }, snapshots: storage.snapshots, [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose]() };
}

function forge(change: (message: RaftMessage) => RaftMessage): Tamper {
  return (message) => [change(message as RaftMessage)];
}

const PLANTED: readonly Planted[] = [
  {
    bug: "a server votes for everyone who asks",
    caughtBy: /election safety/,
    plant: { tamper: forge((message) => (message.kind === "vote-response" ? { ...message, granted: true } : message)) },
  },
  {
    bug: "a vote is forgotten by a restart",
    caughtBy: /one vote a term|election safety/,
    weather: { crashEveryMs: 150, downMs: [1, 20], powerLossShare: 1, latencyMs: [10, 400], partitionEveryMs: 0 },
    plant: {
      storage: (storage) =>
        lyingLog(storage, (log) => ({ load: async () => ({ ...(await log.load()), hardState: { ...(await log.load()).hardState, votedFor: undefined } }) })),
    },
  },
  {
    bug: "votes go to candidates whose log is behind",
    caughtBy: /leader completeness|committed entries stay|state-machine safety/,
    plant: { tamper: forge((message) => (message.kind === "vote-request" ? { ...message, lastIndex: asIndex(1e6), lastTerm: message.term } : message)) },
  },
  {
    bug: "followers commit what was only sent",
    caughtBy: /durability|state-machine safety|committed entries stay|a committed entry is never replaced/,
    servers: 5,
    plant: { tamper: forge((message) => (message.kind === "append" ? { ...message, commit: asIndex(message.prevIndex + message.entries.length) } : message)) },
  },
  {
    bug: "a write is acknowledged before it is synced",
    caughtBy: /durability/,
    plant: {
      storage: (storage, _image, process) => {
        let last = Promise.resolve();
        return lyingLog(storage, (log) => ({
          write: (batch) => {
            last = last.then(() => log.write(batch)).catch(() => undefined);
            return new Promise((resolve) => void process.plan(0.01, "io", resolve));
          },
        }));
      },
    },
  },
  {
    bug: "a follower that lacks entries is never sent them again",
    caughtBy: /^convergence: not within/,
    plant: { tamper: (message) => ((message as RaftMessage).kind === "append-reject" ? [] : [message]) },
  },
  {
    bug: "once a term was in use, nobody gives a vote any more",
    caughtBy: /^convergence: not within/,
    plant: { tamper: forge((message) => (message.kind === "vote-response" && message.term > 3 ? { ...message, granted: false } : message)) },
  },
  {
    bug: "the end of the log is not cut off where it differs",
    caughtBy: /log matching/,
    plant: { storage: (storage) => lyingLog(storage, (log) => ({ write: (batch) => log.write({ ...batch, truncateFrom: undefined }) })) },
  },
  {
    bug: "the state machine looks at who it is",
    caughtBy: /state-machine safety/,
    plant: {
      machine: (machine, process) => ({
        apply: (index, data) => machine.apply(index, Buffer.from(Buffer.from(data).toString().replace("v3", `v3 on ${process.name}`))),
        applied: (upTo) => machine.applied(upTo),
        snapshot: () => machine.snapshot(),
        restore: (read, meta) => machine.restore(read, meta),
      }),
    },
  },
  {
    bug: "a leader's clock runs slow, so that its lease outlives the withholding of votes",
    caughtBy: /linearizability/,
    weather: { lossRate: 0, crashEveryMs: 0, partitionEveryMs: 800, partitionMs: [800, 1_600] },
    plant: {
      mayReadHere: (server) => {
        if (server.number === 1 && server.node?.status().role === "leader") server.process?.runClockAt(0.1);
        return server.node?.holdsLease() === true;
      },
    },
  },
  {
    bug: "default reads are answered by whoever believes to lead",
    caughtBy: /linearizability/,
    plant: { mayReadHere: (server) => server.node?.status().role === "leader" },
  },
  {
    bug: "default reads are answered by anyone",
    caughtBy: /linearizability/,
    plant: { mayReadHere: (server) => server.node !== undefined },
  },
];

describe("a planted bug", () => {
  for (const planted of PLANTED) {
    it(`is caught: ${planted.bug}`, async () => {
      const { plant, weather, servers = 3 } = planted;
      const world = (seed: number): RaftWorld => new RaftWorld({ ...plant, seed, servers, weather: { ...CALM, ...ROUGH, ...weather } });
      const failure = await firstFailure({ seeds: MAX_SEEDS, stormMs: 6_000, world });
      assert.match(failure?.message ?? `not caught in ${MAX_SEEDS} seeds`, planted.caughtBy);
    });
  }
});
