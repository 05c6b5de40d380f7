import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { freeLoopback } from "./addresses.ts";
import { removeFolder, scratchFolder } from "./processes.ts";
import { familyOf, PROGRAM } from "./programs.ts";
import { ServerProcess } from "./server-process.ts";
import { until } from "./until.ts";

export interface ClusterOptions {
  readonly servers: number;
  readonly program?: string;
  /** Names are this and a number; `s1`, `s2` and so on when not given. */
  readonly prefix?: string;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Addresses and network namespaces, one a server; loopback addresses when not given. */
  readonly places?: readonly { readonly address: string; readonly namespace: string | undefined }[];
  /** Below which the servers' folders are made; a scratch folder when not given. */
  readonly folder?: string;
  /** Folders of single servers that are to be elsewhere; they are removed at the end. */
  readonly disks?: readonly (string | undefined)[];
}

/** Several servers that form one cluster. */
export class Cluster implements AsyncDisposable {
  readonly servers: readonly ServerProcess[];
  readonly #program: string;
  readonly #ownedFolders: readonly string[];

  private constructor(servers: readonly ServerProcess[], program: string, ownedFolders: readonly string[]) {
    this.servers = servers;
    this.#program = program;
    this.#ownedFolders = ownedFolders;
  }

  /** Makes the servers without starting any. */
  static async plan(options: ClusterOptions): Promise<Cluster> {
    const program = options.program ?? PROGRAM;
    const folder = options.folder ?? scratchFolder("cluster");
    mkdirSync(folder, { recursive: true });
    const loopback = options.places === undefined ? await freeLoopback() : "";
    const prefix = options.prefix ?? "s";
    const servers = Array.from({ length: options.servers }, (_, at) => {
      const own = options.disks?.[at] ?? join(folder, `${prefix}${at + 1}`);
      mkdirSync(own, { recursive: true });
      const place = options.places?.[at] ?? { address: `${loopback}.${at + 1}`, namespace: undefined };
      const config = { performance: { raft_multiplier: 1 }, autopilot: { server_stabilization_time: "100ms" }, ...options.config };
      return new ServerProcess({ program, name: `${prefix}${at + 1}`, folder: own, config, ...place });
    });
    const owned = [...(options.folder === undefined ? [folder] : []), ...(options.disks ?? []).filter((disk) => disk !== undefined)];
    return new Cluster(servers, program, owned);
  }

  /** Makes and starts the servers, which form a cluster by themselves; resolves when all of them vote and the first write is done. */
  static async form(options: ClusterOptions): Promise<Cluster> {
    const cluster = await Cluster.plan(options);
    try {
      await cluster.#join();
      return cluster;
    } catch (error) {
      const logs = cluster.servers.map((server) => `--- ${server.name}\n${server.logTail()}`).join("\n");
      await cluster[Symbol.asyncDispose]();
      throw new Error(`Cannot form a cluster of ${options.servers}\n${logs}`, { cause: error });
    }
  }

  async #join(): Promise<void> {
    const [first, ...others] = this.servers;
    if (first === undefined) throw new Error("A cluster has at least one server");
    const flags = [`-bootstrap-expect=${this.servers.length}`, ...this.servers.map(({ address }) => `-retry-join=${address}`)];
    first.start(flags);
    if (familyOf(this.#program) === "consul") await first.answers(); // who finds itself alone there tries again only half a minute later
    for (const server of others) server.start(flags);
    await this.allVote();
    const leader = await this.leader();
    await until("the first write", () => leader.api.put("formed", "yes"));
  }

  /** Resolves when every running server knows of one leader and all are voters. */
  async allVote(timeoutMs = 60_000): Promise<void> {
    const leader = await this.leader(timeoutMs);
    await until("all servers vote", async () => (await voters(leader)).length === this.servers.length, timeoutMs);
    for (const server of this.servers)
      if (server.running) await until(`${server.name} knows the leader`, async () => (await server.api.leader()) !== "", timeoutMs);
  }

  /** Takes a server of this cluster in again that came back with nothing. */
  async add(server: ServerProcess): Promise<void> {
    await addVoter(await this.leader(), server);
  }

  get running(): readonly ServerProcess[] {
    return this.servers.filter((server) => server.running);
  }

  /** The leader as a majority of the running servers knows it, once it takes itself for it too. */
  leader(timeoutMs = 60_000): Promise<ServerProcess> {
    return this.#leaderAmong(this.running, timeoutMs);
  }

  async followers(): Promise<readonly ServerProcess[]> {
    const leader = await this.leader();
    return this.running.filter((server) => server !== leader);
  }

  #leaderAmong(asked: readonly ServerProcess[], timeoutMs = 60_000): Promise<ServerProcess> {
    return until(
      "a leader that a majority knows",
      async () => {
        const words = await Promise.all(asked.map((server) => server.api.leader().catch(() => "")));
        const named = this.servers.find((server) => server.running && words.filter((word) => word === server.serverAddress).length * 2 > asked.length);
        return named !== undefined && words[asked.indexOf(named)] === named.serverAddress ? named : undefined;
      },
      timeoutMs,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.servers) if (server.running) server.thaw();
    await Promise.all(this.servers.map((server) => server.kill()));
    for (const folder of this.#ownedFolders) removeFolder(folder);
  }
}

/** Ids of the voters, as `server` has the configuration. */
export async function voters(server: ServerProcess): Promise<readonly string[]> {
  const answer = (await server.api.json("GET", "/v1/operator/raft/configuration")) as {
    readonly Servers: readonly { readonly ID: string; readonly Voter: boolean }[];
  };
  return answer.Servers.filter((one) => one.Voter).map((one) => one.ID);
}

/** Has `by` take `joining`, a server that runs with an empty log, into the cluster; it votes later, when it has caught up. */
async function addServer(by: ServerProcess, joining: ServerProcess): Promise<void> {
  await until(`${joining.name} is taken into the cluster`, async () => {
    const answer = await by.api.ask("PUT", `/v1/operator/kvorum/server?address=${joining.serverAddress}`);
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body.toString()}`);
    return true;
  });
}

/** Takes a server in, and resolves when it votes. */
export async function addVoter(by: ServerProcess, joining: ServerProcess): Promise<void> {
  const before = (await voters(by)).length;
  await addServer(by, joining);
  await until(`${joining.name} votes`, async () => (await voters(by)).length > before, 60_000);
}
