import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Backend, MethodName, RequestOf, ResponseOf } from "../../src/model/index.ts";
import type { StateMachine } from "../../src/raft/index.ts";
import { firstFailure } from "./first-failure.ts";
import type { ServerPlants } from "./server/server-place.ts";
import { ServerWorld } from "./server/server-world.ts";
import { CALM, type Weather } from "./weather.ts";

/** A bug put into whole servers on purpose, and the rule that must find it. */
interface Planted {
  readonly bug: string;
  readonly caughtBy: RegExp;
  readonly weather?: Partial<Weather>;
  readonly plant: ServerPlants;
}

const MAX_SEEDS = 20;

/** A backend that answers some calls in its own way. */
function lyingBackend(backend: Backend, lie: (method: MethodName, request: unknown) => Promise<unknown> | undefined): Backend {
  return {
    call: async <M extends MethodName>(method: M, request: RequestOf<M>, onCancel?: (cancel: () => void) => void): Promise<ResponseOf<M>> => {
      const lied = lie(method, request);
      return lied === undefined ? backend.call(method, request, onCancel) : ((await lied) as ResponseOf<M>);
    },
    look: undefined, // every read is a call, which may be lied to
    saveSnapshot: (request) => backend.saveSnapshot(request),
    restoreSnapshot: (request) => backend.restoreSnapshot(request),
  };
}

function lyingMachine(machine: StateMachine, lie: Partial<StateMachine>): StateMachine {
  return {
    apply: (index, data) => machine.apply(index, data),
    applied: (upTo) => machine.applied(upTo),
    snapshot: () => machine.snapshot(),
    restore: (read, meta) => machine.restore(read, meta),
    ...lie,
  };
}

const PLANTED: readonly Planted[] = [
  {
    bug: "after a while, commits wake nobody",
    caughtBy: /watches.*slept on/s,
    plant: {
      machine: (machine) => {
        let commits = 0;
        return lyingMachine(machine, {
          applied: (upTo) => {
            commits++;
            if (commits < 40) machine.applied(upTo);
          },
        });
      },
    },
  },
  {
    bug: "a snapshot that comes from the leader is never taken in",
    caughtBy: /^convergence: not within/,
    weather: { crashEveryMs: 800, downMs: [300, 1_500] },
    plant: { machine: (machine) => lyingMachine(machine, { restore: () => new Promise(() => undefined) }) },
  },
  {
    bug: "lock-delay is forgotten",
    caughtBy: /lock-delay/,
    plant: {
      hub: (hub) => {
        hub.lockDelays.hold = () => undefined;
      },
    },
  },
  {
    bug: "sessions are said to be renewed and are not",
    caughtBy: /sessions/,
    plant: {
      backend: (backend) =>
        lyingBackend(backend, (method, request) => (method === "Session.Renew" ? answerAsGet(backend, request as RequestOf<"Session.Renew">) : undefined)),
    },
  },
  {
    bug: "the state depends on who applies",
    caughtBy: /state-machine safety|nobody had written it/,
    plant: {
      machine: (machine, process) =>
        lyingMachine(machine, {
          apply: (index, data) => machine.apply(index, Buffer.from(Buffer.from(data).toString("latin1").replace("v21", `v2${process.number}`), "latin1")),
        }),
    },
  },
  {
    bug: "default reads are answered as stale ones",
    caughtBy: /linearizability/,
    weather: { latencyMs: [5, 40] },
    plant: {
      backend: (backend) =>
        lyingBackend(backend, (method, request) => {
          if (method !== "KV.Get") return undefined;
          const { options, ...rest } = request as RequestOf<"KV.Get">;
          return options.consistency === "default" ? backend.call("KV.Get", { ...rest, options: { ...options, consistency: "stale" } }) : undefined;
        }),
    },
  },
  {
    bug: "a transaction is done one by one",
    caughtBy: /linearizability: key "pair"/,
    plant: {
      backend: (backend) =>
        lyingBackend(backend, (method, request) => {
          if (method !== "Txn.Apply") return undefined;
          const { ops, options } = request as RequestOf<"Txn.Apply">;
          return inTurn(
            backend,
            ops.map((op) => ({ ops: [op], options })),
          );
        }),
    },
  },
  {
    bug: "a member that is well is written down as half well",
    caughtBy: /members: s\d is not well in the catalog/,
    plant: {
      machine: (machine) =>
        lyingMachine(machine, {
          apply: (index, data) => {
            const text = Buffer.from(data).toString("latin1");
            if (!text.includes("serfHealth")) return machine.apply(index, data);
            // the status, and not the weight of that name, which is followed by its number
            const ill = text.replaceAll(/passing(.)/gs, (weight, next: string) => (next === "\u0001" ? weight : `warning${next}`));
            return machine.apply(index, Buffer.from(ill, "latin1"));
          },
        }),
    },
  },
  {
    bug: "removals from the catalog are not kept in mind",
    caughtBy: /removals: owned-\d+ of s\d is in the catalog/,
    plant: {
      // what is removed for good (13) as if its owner had taken it out (6)
      machine: (machine) =>
        lyingMachine(machine, { apply: (index, data) => machine.apply(index, data[0] === 13 ? Buffer.from([6, ...data.subarray(1)]) : data) }),
    },
  },
  {
    bug: "a write is acknowledged and not done, now and then",
    caughtBy: /linearizability/,
    plant: {
      backend: (backend) => {
        let writes = 0;
        return lyingBackend(backend, (method) => {
          if (method !== "KV.Apply") return undefined;
          writes++;
          return writes % 40 === 0 ? Promise.resolve(true) : undefined;
        });
      },
    },
  },
];

describe("a bug planted in whole servers", () => {
  for (const planted of PLANTED) {
    it(`is caught: ${planted.bug}`, async () => {
      const { plant, weather } = planted;
      const world = (seed: number): ServerWorld => new ServerWorld({ ...plant, seed, servers: 3, weather: { ...CALM, ...weather } });
      const failure = await firstFailure({ seeds: MAX_SEEDS, stormMs: 4_000, world });
      assert.match(failure?.message ?? `not caught in ${MAX_SEEDS} seeds`, planted.caughtBy);
    });
  }
});

async function answerAsGet(backend: Backend, { id, options }: RequestOf<"Session.Renew">): Promise<ResponseOf<"Session.Renew">> {
  const reading = { ...options, consistency: "default", maxStaleMs: undefined, minIndex: 0, maxWaitMs: 0, filter: "" } as const;
  return (await backend.call("Session.Get", { id, options: reading })).value;
}

async function inTurn(backend: Backend, requests: readonly RequestOf<"Txn.Apply">[]): Promise<ResponseOf<"Txn.Apply">> {
  for (const request of requests) await backend.call("Txn.Apply", request);
  return { results: [], errors: [] };
}
