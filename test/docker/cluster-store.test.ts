import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { Cluster } from "../support/cluster.ts";
import { cannotRun } from "../support/missing.ts";
import { Network } from "../support/network.ts";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { until } from "../support/until.ts";
import { busyboxArchive, Daemon, missingForDocker } from "./daemon.ts";

const missing = missingForDocker();

interface Entry {
  readonly Key: string;
  readonly Session?: string;
  readonly Value: string | null;
}

describe("a Docker daemon with --cluster-store=consul://…", { timeout: 400_000 }, () => {
  let network: Network;
  let cluster: Cluster;
  let store: ServerProcess;
  let daemons: Daemon[] = [];
  let folder = "";
  const given: string[] = [];

  const story = (name: string, tell: (one: Daemon, two: Daemon) => Promise<void>): void => {
    it(name, async (t: TestContext) => {
      if (missing !== undefined) return cannotRun(t, `${missing} (Docker on the store)`);
      const [one, two] = daemons;
      assert(one !== undefined && two !== undefined, "both daemons run");
      try {
        await tell(one, two);
      } catch (error) {
        console.error(
          [...daemons.map((daemon) => `--- ${daemon.name}\n${daemon.log().split("\n").slice(-15).join("\n")}`), `--- store\n${store.logTail()}`].join("\n"),
        );
        throw error;
      }
    });
  };

  before(async () => {
    if (missing !== undefined) return;
    folder = scratchFolder("d");
    network = new Network(2);
    mkdirSync(join(folder, "store"));
    cluster = await Cluster.form({ servers: 1, folder: join(folder, "store"), places: [{ address: network.outside, namespace: undefined }] });
    store = await cluster.leader();
    const image = join(folder, "busybox.tar");
    await busyboxArchive(image);
    daemons = network.hosts.map(
      (host, at) => new Daemon({ ...host, name: `h${at + 1}`, folder: join(folder, `h${at + 1}`), store: `${network.outside}:8500` }),
    );
    // One after another: two that start at once find each other's gossip port closed and never try again.
    for (const daemon of daemons) {
      await daemon.start();
      await daemon.docker("import", "-c", 'CMD ["sh"]', image, "busybox:latest");
      await until(`${daemon.name} is registered`, async () => (await nodeEntry(store, daemon))?.Session);
    }
  });

  after(async () => {
    if (missing !== undefined) return;
    for (const daemon of daemons) await daemon[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
    network?.[Symbol.dispose]();
    removeFolder(folder);
  });

  story("registers below docker/nodes, with its address under the lock of its session", async (one, two) => {
    for (const daemon of [one, two]) {
      const entry = await until("its address is written", async () => {
        const found = await nodeEntry(store, daemon);
        return found?.Value === null ? undefined : found;
      });
      assert.equal(Buffer.from(entry.Value ?? "", "base64").toString(), `${daemon.address}:2376`);
      assert.match(entry.Session ?? "", /^[0-9a-f-]{36}$/);
    }
  });

  story("sees an overlay network that another daemon has made", async (one, two) => {
    await one.overlay("ov1", "10.90.0.0/24");
    const id = await one.docker("network", "ls", "--no-trunc", "--filter", "name=ov1", "--format", "{{.ID}}");
    const seen = await until(
      "the other daemon lists it",
      async () => (await two.docker("network", "ls", "--no-trunc", "--filter", "name=ov1", "--format", "{{.ID}}")) || undefined,
    );
    assert.equal(seen, id);
  });

  story("gives containers on two hosts addresses of their own, and they reach each other by name", async (one, two) => {
    given.push(await one.container("c1", "ov1"), await two.container("c2", "ov1"));
    assert.equal(new Set(given).size, 2);
    assert.match(await until("c2 reaches c1", () => two.docker("exec", "c2", "ping", "-c1", "-W2", "c1"), 60_000, 500), / 0% packet loss/);
    assert.match(await until("c1 reaches c2", () => one.docker("exec", "c1", "ping", "-c1", "-W2", "c2"), 60_000, 500), / 0% packet loss/);
  });

  story("never gives an address twice when ten containers start at once on two hosts", async (one, two) => {
    const started = Array.from({ length: 10 }, (_, at) => (at % 2 === 0 ? one : two).container(`many${at}`, "ov1"));
    given.push(...(await Promise.all(started)));
    assert.equal(new Set(given).size, given.length, given.join(" "));
  });

  story("goes on after the store was killed and started again, with all it knew", async (one, two) => {
    await store.kill();
    store.start();
    await cluster.leader();
    for (const daemon of [one, two]) await until(`${daemon.name} is registered again`, async () => (await nodeEntry(store, daemon))?.Session);
    assert.ok((await one.networks()).includes("ov1"));
    given.push(await two.container("c3", "ov1"));
    assert.equal(new Set(given).size, given.length, given.join(" "));
    await one.overlay("ov2", "10.91.0.0/24");
    await until("the new network is seen", async () => (await two.networks()).includes("ov2"));
  });

  story("takes everything back when containers and network are removed", async (one, two) => {
    await two.docker("rm", "-f", "c2", "c3", ...[1, 3, 5, 7, 9].map((at) => `many${at}`));
    await one.docker("rm", "-f", "c1", ...[0, 2, 4, 6, 8].map((at) => `many${at}`));
    await until("the network can be removed", async () => (await one.docker("network", "rm", "ov1")) === "ov1", 60_000, 500);
    await until("the other daemon knows", async () => !(await two.networks()).includes("ov1"));
  });
});

async function nodeEntry(store: ServerProcess, daemon: Daemon): Promise<Entry | undefined> {
  const answer = await store.api.ask("GET", `/v1/kv/docker/nodes/${daemon.address}:2376`);
  return answer.status === 200 ? (JSON.parse(answer.body.toString()) as readonly Entry[])[0] : undefined;
}
