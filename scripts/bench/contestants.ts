import { Cluster, type ClusterOptions } from "../../test/support/cluster.ts";
import type { ServerProcess } from "../../test/support/server-process.ts";
import type { Figures } from "./figures.ts";
import type { Loader } from "./loader.ts";

export interface Contestant {
  /** 0: ours, 1: the peer. */
  readonly at: number;
  readonly name: string;
  readonly program: string;
}

/** What a section of the benchmark is given. */
export interface Bench {
  readonly contestants: readonly Contestant[];
  readonly figures: Figures;
  readonly loader: Loader;
  readonly rounds: number;
  /** Length of one round of load. */
  readonly seconds: number;
  /** How many keys "a million" is; fewer for a quick look. */
  readonly manyKeys: number;
}

export interface Standing extends Contestant {
  readonly cluster: Cluster;
  leader(): Promise<ServerProcess>;
}

/** Settings of every server measured: without them Consul lets 200 connections in from one address. */
const CONFIG = { limits: { http_max_conns_per_client: 12_000 }, log_level: "err" };

/** Forms a cluster for each contestant, side by side, and ends them all when `use` is done. */
export async function withClusters(
  bench: Bench,
  options: Pick<ClusterOptions, "servers">,
  use: (standings: readonly Standing[]) => Promise<void>,
): Promise<void> {
  const clusters: Cluster[] = [];
  try {
    for (const { program } of bench.contestants) clusters.push(await Cluster.form({ ...options, program, config: CONFIG }));
    await use(
      bench.contestants.flatMap((contestant) => {
        const cluster = clusters[contestant.at];
        return cluster === undefined ? [] : [{ ...contestant, cluster, leader: () => cluster.leader() }];
      }),
    );
  } finally {
    for (const cluster of clusters) await cluster[Symbol.asyncDispose]();
  }
}

/** Runs `turn` for each contestant in each round, the first of them changing from round to round. */
export async function alternate<T>(rounds: number, contestants: readonly T[], turn: (contestant: T, round: number) => Promise<void>): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? contestants : contestants.toReversed();
    for (const contestant of order) await turn(contestant, round);
  }
}
