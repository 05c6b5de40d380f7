import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Gossip, LAN, startGossip, type Timing, WAN } from "../../../src/gossip/index.ts";
import { SimProcess } from "../../sim/engine/process.ts";
import { SimRandom } from "../../sim/engine/random.ts";
import { Scheduler } from "../../sim/engine/scheduler.ts";
import { SimDisk } from "../../sim/ports/disk.ts";
import { FileImage, SimFiles } from "../../sim/ports/files.ts";
import { Links } from "../../sim/ports/links.ts";
import { NO_METRICS, simLog } from "../../sim/ports/log.ts";
import { SimInternet } from "../../sim/ports/network.ts";
import { CALM } from "../../sim/weather.ts";

const SIZE = 5;

/** Whole drivers on virtual ports. */
class World {
  readonly scheduler = new Scheduler();
  readonly random: SimRandom;
  readonly links: Links;
  readonly internet: SimInternet;
  readonly processes: SimProcess[] = [];
  readonly pools = new Map<number, Gossip>();
  readonly #images = new Map<number, FileImage>();
  readonly #timing: Timing;

  constructor(seed: number, timing: Timing) {
    this.#timing = timing;
    this.random = new SimRandom(seed, "gossip");
    this.links = new Links(this.random.fork("links"), { ...CALM, lossRate: 0.05, duplicateRate: 0.02, reorderRate: 0.1 });
    this.internet = new SimInternet(this.scheduler, this.links);
  }

  start(at: number): void {
    const process = new SimProcess(this.scheduler, `n${at}`, at);
    this.processes[at] = process;
    const image = this.#images.get(at) ?? new FileImage();
    this.#images.set(at, image);
    const host = `10.0.0.${at + 1}`;
    const platform = {
      clock: process,
      random: this.random.fork(`n${at}`),
      network: this.internet.network(process, host),
      files: new SimFiles(image, new SimDisk(this.random.fork(`disk ${at}`), CALM), process),
      log: simLog(this.scheduler, process),
      metrics: NO_METRICS,
    };
    const settings = { name: `n${at}`, bind: `${host}:8301`, tags: new Map(), timing: this.#timing, label: "lan", snapshotFile: "/data/serf/local.snapshot" };
    void startGossip(settings, platform).then((pool) => this.pools.set(at, pool));
  }

  async until(what: string, ms: number, done: () => boolean): Promise<void> {
    await this.scheduler.run(ms, done);
    assert.ok(done(), what);
  }

  /** Whether everybody who runs sees member `at` so. */
  see(at: number, status: string): boolean {
    return [...this.pools].every(([other, pool]) => other === at || pool.member(`n${at}`)?.status === status);
  }

  /** What it wrote down is gone. */
  wipe(at: number): void {
    this.#images.delete(at);
  }

  kill(at: number): void {
    this.processes[at]?.kill();
    this.pools.delete(at);
  }
}

async function formed(seed: number, timing = LAN): Promise<World> {
  const world = new World(seed, timing);
  for (let at = 0; at < SIZE; at++) world.start(at);
  await world.until("all have started", 5_000, () => world.pools.size === SIZE);
  for (const pool of world.pools.values()) void pool.join(["10.0.0.1"]);
  await world.until("all see all", 30_000, () => [...world.pools.keys()].every((at) => world.see(at, "alive")));
  return world;
}

describe("whole drivers on virtual ports", () => {
  for (const seed of [1, 2, 3]) {
    it(`form, bear a stall, and take a killed member back by what it remembers, seed=${seed}`, async () => {
      const world = await formed(seed);
      const failed: string[] = [];
      for (const pool of world.pools.values()) pool.onMember(({ change, member }) => void (change === "failed" && failed.push(member.name)));
      await world.scheduler.run(5_000);

      world.processes[1]?.stall(2_000);
      await world.scheduler.run(15_000);
      assert.deepEqual(failed, []);

      world.kill(2);
      await world.until("it has failed", 60_000, () => world.see(2, "failed"));
      world.start(2);
      await world.until("it is back", 60_000, () => world.pools.has(2) && world.see(2, "alive"));
      await world.until(
        "and sees them",
        60_000,
        () =>
          world.pools
            .get(2)
            ?.members()
            .filter(({ status }) => status === "alive").length === SIZE,
      );

      const cuts = [0, 1, 2].flatMap((a) =>
        [3, 4].flatMap((b) => [world.links.cut(`10.0.0.${a + 1}`, `10.0.0.${b + 1}`), world.links.cut(`10.0.0.${b + 1}`, `10.0.0.${a + 1}`)]),
      );
      await world.until("the two sides of a cut fail each other", 180_000, () =>
        [3, 4].every((at) => world.pools.get(0)?.member(`n${at}`)?.status === "failed"),
      );
      for (const cut of cuts) cut[Symbol.dispose]();
      await world.until("they find each other once it is mended", 300_000, () => [0, 1, 2, 3, 4].every((at) => world.see(at, "alive")));

      void world.pools.get(3)?.leave();
      await world.until("who leaves has left", 20_000, () => world.see(3, "left"));
    });
  }

  it("come back to those who had failed when the last process ended, if nobody else is left", async () => {
    const world = await formed(9);
    for (const at of [2, 3, 4]) world.kill(at);
    await world.until("the others see it", 60_000, () => [2, 3, 4].every((at) => world.see(at, "failed")));
    for (const at of [0, 1]) world.kill(at);
    world.wipe(3);
    for (const at of [0, 3]) world.start(at);
    await world.until("they meet", 60_000, () => world.pools.size === 2 && world.see(0, "alive") && world.see(3, "alive"));
  });

  for (const [name, timing, withinMs] of [
    ["LAN", LAN, 2_000],
    ["WAN", WAN, 3_500],
  ] as const)
    it(`leave a ${name} pool of ${SIZE} within ${withinMs} ms, and all others know, whatever is lost on the way`, async () => {
      let known = 0;
      for (let seed = 1; seed <= 20; seed++) {
        const world = await formed(seed, timing);
        const from = world.scheduler.now;
        let goneMs = Number.POSITIVE_INFINITY;
        void world.pools
          .get(3)
          ?.leave()
          .then(() => {
            goneMs = world.scheduler.now - from;
          });
        await world.until("it is gone", 20_000, () => goneMs <= withinMs);
        if (world.see(3, "left")) known++;
        await world.until("who missed it hears of it, and nobody takes it for a failure", 100_000, () => world.see(3, "left"));
      }
      assert.ok(known >= 19, `in ${known} of 20 pools all knew when it went`);
    });
});
