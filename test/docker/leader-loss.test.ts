import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Cluster } from "../support/cluster.ts";
import { cannotRun } from "../support/missing.ts";
import { Network } from "../support/network.ts";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { until } from "../support/until.ts";
import { busyboxArchive, Daemon, missingForDocker } from "./daemon.ts";

const missing = missingForDocker();

/** Three hosts, each with a server and a daemon that has it as its store; election times as they are by default. */
describe("Docker daemons on three servers", { timeout: 400_000 }, () => {
  let network: Network;
  let cluster: Cluster;
  let daemons: Daemon[] = [];
  let folder = "";

  before(async () => {
    if (missing !== undefined) return;
    folder = scratchFolder("d");
    network = new Network(3);
    mkdirSync(join(folder, "store"));
    cluster = await Cluster.form({ servers: 3, folder: join(folder, "store"), places: network.hosts, config: { performance: { raft_multiplier: 5 } } });
    const image = join(folder, "busybox.tar");
    await busyboxArchive(image);
    daemons = network.hosts.map((host, at) => new Daemon({ ...host, name: `h${at + 1}`, folder: join(folder, `h${at + 1}`), store: `${host.address}:8500` }));
    for (const daemon of daemons) {
      await daemon.start();
      await daemon.docker("import", "-c", 'CMD ["sh"]', image, "busybox:latest");
      await until(`${daemon.name} is registered`, async () => (await entries(cluster)).includes(daemon.address));
    }
  });

  after(async () => {
    if (missing !== undefined) return;
    for (const daemon of daemons) await daemon[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
    network?.[Symbol.dispose]();
    removeFolder(folder);
  });

  it("make networks again after kill -9 of the leader, lose the dead one's daemon from the list and nothing else", async (t) => {
    if (missing !== undefined) return cannotRun(t, `${missing} (Docker on three servers)`);
    const leader = await cluster.leader();
    const lost = cluster.servers.indexOf(leader);
    const living = daemons.filter((_, at) => at !== lost);
    const [one, two] = living;
    assert(one !== undefined && two !== undefined);
    await one.overlay("before", "10.92.0.0/24");
    const given = [await one.container("c1", "before")];

    const killedAt = performance.now();
    await leader.kill();
    await two.overlay("after", "10.93.0.0/24");
    t.diagnostic(`leader killed to network made: ${Math.round(performance.now() - killedAt)} ms`);

    await until("the other daemon sees it", async () => (await one.networks()).includes("after"));
    given.push(await two.container("c2", "before"));
    assert.equal(new Set(given).size, 2, "no address is given twice");
    const gone = daemons[lost]?.address ?? "";
    await until("the dead server's daemon is out of the list", async () => !(await entries(cluster)).includes(gone), 60_000);
    t.diagnostic(`leader killed to entry gone: ${Math.round(performance.now() - killedAt)} ms`);
    const left = await entries(cluster);
    for (const daemon of living) assert.ok(left.includes(daemon.address), `${daemon.name} is still there`);
  });
});

/** Addresses below docker/nodes, as a running server has them. */
async function entries(cluster: Cluster): Promise<readonly string[]> {
  const server: ServerProcess = await cluster.leader();
  const answer = await server.api.ask("GET", "/v1/kv/docker/nodes/?keys");
  if (answer.status !== 200) return [];
  const keys = JSON.parse(answer.body.toString()) as readonly string[];
  return keys.map((key) => key.slice("docker/nodes/".length).replace(/:\d+$/, ""));
}
