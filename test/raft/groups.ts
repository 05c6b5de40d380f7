import { afterEach } from "node:test";
import { KvorumError } from "../../src/base/errors.ts";
import { asNodeId } from "../../src/base/ids.ts";
import type { ServerEntry } from "../../src/raft/index.ts";
import type { FakeDisk } from "./fakes.ts";
import { World } from "./world.ts";

export const voter = (name: string): ServerEntry => ({ id: asNodeId(name), address: `${name}:8300`, suffrage: "voter", name });
export const code = (wanted: string) => (error: unknown) => error instanceof KvorumError && error.code === wanted;
/** Closed after each test. */
export const worlds: World[] = [];

/** Three voters that have a leader. */
export async function three(): Promise<{ readonly world: World; readonly leader: string; readonly others: readonly string[] }> {
  const world = await World.of("a", "b", "c");
  worlds.push(world);
  const leader = await world.leader();
  return { world, leader, others: ["a", "b", "c"].filter((name) => name !== leader) };
}

/** One server that leads. */
export async function alone(more: Parameters<World["start"]>[1] = {}, disk?: FakeDisk): Promise<World> {
  const world = new World();
  worlds.push(world);
  if (disk !== undefined) world.lend("a", disk);
  const node = await world.start("a", more);
  if (node.status().lastLogIndex === 0 && node.status().snapshotIndex === 0) await world.finish(node.bootstrap([voter("a")]));
  await world.clock.settle();
  return world;
}

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
