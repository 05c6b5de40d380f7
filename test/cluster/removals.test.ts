import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { freeLoopback } from "../support/addresses.ts";
import { health, QUICK_GOSSIP } from "../support/catalog.ts";
import { Cluster } from "../support/cluster.ts";
import { cannotRun } from "../support/missing.ts";
import { missingForNetworks, Network } from "../support/network.ts";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import { PROGRAM } from "../support/programs.ts";
import { ServerProcess } from "../support/server-process.ts";
import { until } from "../support/until.ts";

const SETTINGS = { ...QUICK_GOSSIP, performance: { raft_multiplier: 1, leave_drain_time: "100ms" } };
const missing = missingForNetworks();

/** An agent that is no server, with services and checks of its own. */
class Owner {
  readonly agent: ServerProcess;
  readonly #cluster: Cluster;

  constructor(cluster: Cluster, at: { readonly address: string; readonly namespace?: string | undefined; readonly folder: string }) {
    this.#cluster = cluster;
    this.agent = new ServerProcess({ program: PROGRAM, name: "owner", ...at, config: { ...SETTINGS, server: false, ae_interval: "1s" } });
  }

  async start(): Promise<void> {
    this.agent.start([...this.#cluster.servers.map(({ address }) => `-retry-join=${address}`), "-retry-interval=1s"]);
    await this.agent.answers();
  }

  async register(id: string): Promise<void> {
    const body = JSON.stringify({ ID: id, Name: id, Check: { CheckID: `${id}-beat`, TTL: "30m", Status: "passing" } });
    assert.equal((await this.agent.api.ask("PUT", "/v1/agent/service/register", { body })).status, 200);
  }

  async registerCheck(id: string): Promise<void> {
    const body = JSON.stringify({ ID: id, Name: id, TTL: "30m", Status: "passing" });
    assert.equal((await this.agent.api.ask("PUT", "/v1/agent/check/register", { body })).status, 200);
  }

  /** Somebody takes something of it out of the catalog at this server. */
  async remove(at: ServerProcess, what: { readonly ServiceID?: string; readonly CheckID?: string }): Promise<void> {
    assert.equal((await at.api.ask("PUT", "/v1/catalog/deregister", { body: JSON.stringify({ Node: "owner", ...what }) })).status, 200);
  }

  /** The agent, the catalog and the agent's disk have these services and checks, and no others. */
  async has(services: string, checks: string): Promise<void> {
    await until(`services ${services}; checks ${checks}`, async () => {
      const leader = await this.#cluster.leader();
      const node = (await leader.api.json("GET", "/v1/catalog/node/owner")) as { readonly Services: object } | null;
      const known = (await leader.api.json("GET", "/v1/health/node/owner")) as readonly { readonly CheckID: string }[];
      const own = async (what: string): Promise<string> => names(Object.keys((await this.agent.api.json("GET", `/v1/agent/${what}`)) as object));
      assert.equal(await own("services"), services, "the agent's services");
      assert.equal(await own("checks"), checks, "the agent's checks");
      assert.equal(names(Object.keys(node?.Services ?? {})), services, "the catalog's services");
      assert.equal(names(known.map(({ CheckID }) => CheckID).filter((id) => id !== "serfHealth")), checks, "the catalog's checks");
      assert.equal(this.#files("services"), services.split(",").length, "files of services");
      assert.equal(this.#files("checks"), checks.split(",").filter((id) => !id.endsWith("-beat")).length, "files of checks of the node");
      return true;
    });
  }

  #files(what: string): number {
    return readdirSync(join(this.agent.dataFolder, what)).filter((name) => name.length === 64).length;
  }
}

function names(of: readonly string[]): string {
  return [...of].sort().join(",");
}

describe("what is taken out of the catalog while its agent is down", { timeout: 200_000 }, () => {
  let cluster: Cluster;
  let owner: Owner;
  let folder: string;

  before(async () => {
    cluster = await Cluster.form({ servers: 3, config: SETTINGS });
    folder = scratchFolder("removals");
    owner = new Owner(cluster, { address: `${await freeLoopback()}.1`, folder });
    await owner.start();
    await owner.register("db");
    await owner.register("web");
    await owner.registerCheck("disk");
    await owner.registerCheck("fan");
    await owner.has("db,web", "db-beat,disk,fan,web-beat");
  });
  after(async () => {
    await owner.agent.kill();
    await cluster[Symbol.asyncDispose]();
    removeFolder(folder);
  });

  it("stays away when it comes back, under another leader: from the catalog, the agent and the agent's disk", async () => {
    await owner.agent.kill();
    const [follower] = await cluster.followers();
    assert(follower !== undefined);
    await owner.remove(follower, { ServiceID: "web" });
    await owner.remove(await cluster.leader(), { CheckID: "disk" });
    await (await cluster.leader()).kill();
    await cluster.leader();
    await owner.start();
    await owner.has("db", "db-beat,fan");
  });

  it("is there again when it is registered anew, and over the next kill -9", async () => {
    await owner.register("web");
    await owner.registerCheck("disk");
    await owner.has("db,web", "db-beat,disk,fan,web-beat");
    await owner.agent.kill();
    await owner.start();
    await owner.has("db,web", "db-beat,disk,fan,web-beat");
  });

  it("stays away at once when the agent is there to be told", async () => {
    const [follower] = await cluster.followers();
    assert(follower !== undefined);
    await owner.remove(follower, { ServiceID: "db" });
    await owner.remove(follower, { CheckID: "fan" });
    await owner.has("web", "disk,web-beat");
  });
});

describe("what is taken out of the catalog while its agent is cut off", { timeout: 200_000 }, () => {
  let network: Network;
  let cluster: Cluster;
  let owner: Owner;
  let folder: string;

  before(async () => {
    if (missing !== undefined) return;
    network = new Network(2);
    const [place, own] = network.hosts;
    assert(place !== undefined && own !== undefined);
    cluster = await Cluster.form({ servers: 1, config: SETTINGS, places: [place] });
    folder = scratchFolder("removals");
    owner = new Owner(cluster, { ...own, folder });
    await owner.start();
    for (const id of ["db", "web"]) await owner.register(id);
    await owner.registerCheck("disk");
    await owner.has("db,web", "db-beat,disk,web-beat");
  });
  after(async () => {
    await owner?.agent.kill();
    await cluster?.[Symbol.asyncDispose]();
    network?.[Symbol.dispose]();
    if (folder !== undefined) removeFolder(folder);
  });

  it("stays away when the cut is mended, but for what was registered anew there meanwhile", async (t: TestContext) => {
    if (missing !== undefined) return cannotRun(t, `${missing} (an agent that is cut off)`);
    const server = await cluster.leader();
    network.cut(0, 1);
    await until("it has failed", async () => (await health(server)).get("owner") === "critical");
    await owner.remove(server, { ServiceID: "web" });
    await owner.remove(server, { ServiceID: "db" });
    await owner.remove(server, { CheckID: "disk" });
    await owner.register("db");
    network.heal();
    // Who lost each other try again by themselves every half minute.
    await until("they have met again", async () => (await owner.agent.api.ask("PUT", `/v1/agent/join/${server.address}`)).status === 200);
    await owner.has("db", "db-beat");
  });
});
