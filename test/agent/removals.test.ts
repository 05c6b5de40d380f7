import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { KvorumError } from "../../src/base/errors.ts";
import type { Backend, RequestOf } from "../../src/model/index.ts";
import { Bench, done } from "../state/harness.ts";
import { until } from "../support/until.ts";
import { check, NODE, ONCE, service, startAgent, type World } from "./support.ts";
import { TurnedClock } from "./turned-clock.ts";

const folders: string[] = [];
after(() => Promise.all(folders.map((each) => rm(each, { recursive: true }))));

const beat = check({ id: "beat", name: "beat", ttlMs: 600_000 });
const WEB = service("web", { port: 80, checks: [beat] });
const DISK = check({ id: "disk", name: "disk", ttlMs: 600_000 });

/** The real state behind an agent that dies, comes back, and is cut off. */
class Place {
  readonly clock = new TurnedClock();
  readonly #bench = new Bench();
  readonly #folder: string;
  cut = false;
  /** What is written is done, and nobody answers. */
  mute = false;
  #agent: World["agent"] | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  static async make(): Promise<Place> {
    const folder = await mkdtemp(join(tmpdir(), "kvorum-removals-"));
    folders.push(folder);
    return new Place(folder);
  }

  get agent(): World["agent"] {
    assert(this.#agent !== undefined);
    return this.#agent;
  }

  async start(services: readonly { readonly [key: string]: string }[] = []): Promise<void> {
    const definitions = { services, checks: [] };
    this.#agent = (await startAgent({ clock: this.clock, folder: this.#folder, backend: this.#backend, definitions })).agent;
  }

  async stop(): Promise<void> {
    await this.agent[Symbol.asyncDispose]();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.clock.pass(1_000);
    await this.start();
  }

  /** Somebody takes it out of the catalog, a second after whatever was before. */
  async remove(what: { readonly serviceId?: string; readonly checkId?: string }): Promise<void> {
    await this.clock.pass(1_000);
    done(this.#bench.run("catalog.remove", { node: "N1", serviceId: "", checkId: "", ...what, at: this.clock.wall() }));
    await this.clock.pass(1_000);
  }

  removeNode(): void {
    done(this.#bench.run("catalog.deregister", { node: "n1", serviceId: "", checkId: "" }));
  }

  async fullSync(): Promise<void> {
    await this.clock.pass(120_000);
  }

  /** Files take their own time. */
  async comesTo(expected: string): Promise<void> {
    await until(
      expected,
      async () => {
        await this.clock.pass(0);
        return assert.equal(await this.#everywhere(), expected) === undefined;
      },
      5_000,
      5,
    );
  }

  /** What is here, in the catalog and on the disk. */
  async #everywhere(): Promise<string> {
    const { store } = this.#bench;
    const there = [...(store.catalog.nodeServices("n1").value?.services ?? []).map(({ id }) => id), ...store.health.node("n1").value.map((one) => one.checkId)];
    const here = [...this.agent.services().map(({ id }) => id), ...this.agent.checks().map(({ checkId }) => checkId)];
    const files = await Promise.all(["services", "checks"].map((name) => readdir(join(this.#folder, name)).catch(() => [])));
    return `here ${here.sort().join(",") || "-"}; there ${there.sort().join(",") || "-"}; files ${files.flat().filter((name) => name.length === 64).length}`;
  }

  readonly #backend: Pick<Backend, "call"> = {
    call: (async (method: string, request: never) => {
      await Promise.resolve();
      if (this.cut) throw new KvorumError("unavailable", "cut off");
      const answer = this.#answer(method, request);
      if (this.mute && method === "Catalog.Register") throw new KvorumError("leadership-lost", "EOF");
      return answer;
    }) as Backend["call"],
  };

  #answer(method: string, request: never): unknown {
    const { store } = this.#bench;
    if (method === "Catalog.NodeServices") return { value: store.catalog.nodeServices(NODE.node).value };
    if (method === "Health.Node") return { value: store.health.node(NODE.node).value };
    if (method === "Catalog.Register") return this.#register(request);
    const { byOwner, serviceId, checkId } = request as RequestOf<"Catalog.Deregister">;
    assert(method === "Catalog.Deregister" && byOwner === true, "an agent says that it is the owner");
    return done(this.#bench.run("catalog.deregister", { node: NODE.node, serviceId, checkId }));
  }

  #register({ registration, heeds }: RequestOf<"Catalog.Register">): unknown {
    if (heeds === undefined) return done(this.#bench.run("catalog.register", registration));
    const outcome = this.#bench.run("catalog.sync", { registration, heeds });
    done(outcome);
    return outcome.kind === "done" ? outcome.value : undefined;
  }
}

async function placeWithWeb(): Promise<Place> {
  const place = await Place.make();
  await place.start();
  await place.agent.registerService(WEB, ONCE);
  await place.agent.registerCheck(DISK);
  await place.clock.pass(0);
  await place.comesTo("here beat,disk,web; there beat,disk,web; files 2");
  return place;
}

const ALL = "here beat,disk,web; there beat,disk,web; files 2";
const NO_WEB = "here disk; there disk; files 1";
const NO_DISK = "here beat,web; there beat,web; files 1";

describe("what somebody took out of the catalog", () => {
  it("does not come back where its agent never heard that it had been written", async () => {
    const place = await Place.make();
    await place.start();
    await place.agent.registerCheck(DISK);
    await place.clock.pass(0);
    place.mute = true;
    await place.agent.registerService(WEB, ONCE);
    await place.remove({ serviceId: "web" });
    place.mute = false;
    await place.fullSync();
    await place.comesTo(NO_WEB);
  });

  it("goes with the next full sync where its agent was not told", async () => {
    const place = await placeWithWeb();
    await place.remove({ serviceId: "web" });
    await place.fullSync();
    await place.comesTo(NO_WEB);
  });

  it("goes at once where its agent is told, and only that", async () => {
    const place = await placeWithWeb();
    await place.remove({ serviceId: "web" });
    place.agent.doubt({ serviceId: "web", checkId: "" });
    place.agent.doubt({ serviceId: "nobody", checkId: "" });
    place.agent.doubt({ serviceId: "", checkId: "disk" });
    await place.clock.pass(0);
    await place.comesTo(NO_WEB);
  });

  it("is not taken out here because somebody says so", async () => {
    const place = await placeWithWeb();
    place.agent.doubt({ serviceId: "web", checkId: "" });
    await place.fullSync();
    await place.comesTo(ALL);
  });

  it("does not come back with an agent that was down meanwhile, nor after its next restarts", async () => {
    const place = await placeWithWeb();
    await place.stop();
    await place.remove({ serviceId: "web" });
    await place.start();
    await place.fullSync();
    await place.comesTo(NO_WEB);
    await place.restart();
    await place.fullSync();
    await place.comesTo(NO_WEB);
  });

  it("does not come back with an agent that was cut off, nor when a check of it changes first", async () => {
    const place = await placeWithWeb();
    place.cut = true;
    await place.remove({ serviceId: "web" });
    place.cut = false;
    await place.agent.report("beat", "passing", "fine");
    await place.clock.pass(0);
    await place.comesTo(NO_WEB);
  });

  it("may be a check alone, of the node or of a service", async () => {
    const place = await placeWithWeb();
    await place.stop();
    await place.remove({ checkId: "disk" });
    await place.start();
    await place.fullSync();
    await place.comesTo(NO_DISK);
    await place.remove({ checkId: "beat" });
    await place.agent.report("beat", "passing", "fine");
    await place.clock.pass(0);
    await place.comesTo("here web; there web; files 1");
    await place.restart();
    await place.fullSync();
    await place.comesTo("here web; there web; files 1");
  });

  it("comes back with its node where the whole node was taken out", async () => {
    const place = await placeWithWeb();
    await place.stop();
    place.removeNode();
    await place.start();
    await place.fullSync();
    await place.comesTo(ALL);
  });

  it("stays away also when its node is taken out afterwards", async () => {
    const place = await placeWithWeb();
    await place.stop();
    await place.remove({ serviceId: "web" });
    place.removeNode();
    await place.start();
    await place.fullSync();
    await place.comesTo(NO_WEB);
  });

  it("takes its sidecar with it", async () => {
    const place = await Place.make();
    await place.start();
    await place.agent.registerService(service("web", { connect: { native: false, sidecar: service("") } }), ONCE);
    await place.clock.pass(0);
    await place.stop();
    await place.remove({ serviceId: "web" });
    await place.start();
    await place.fullSync();
    await place.comesTo("here -; there -; files 0");
  });
});

describe("a registration that comes after a removal", () => {
  it("wins: while the agent is cut off, also when it is the same, and over a restart", async () => {
    for (const again of [WEB, { ...WEB, port: 81 }]) {
      const place = await placeWithWeb();
      place.cut = true;
      await place.remove({ serviceId: "web" });
      await place.agent.registerService(again, ONCE);
      await place.restart();
      place.cut = false;
      await place.fullSync();
      await place.comesTo(ALL);
    }
  });

  it("wins before the agent has heard of the removal", async () => {
    const place = await placeWithWeb();
    await place.remove({ serviceId: "web" });
    await place.agent.registerService(WEB, ONCE);
    place.agent.doubt({ serviceId: "web", checkId: "" });
    await place.fullSync();
    await place.comesTo(ALL);
  });

  it("can be removed once more", async () => {
    const place = await placeWithWeb();
    for (let round = 0; round < 3; round++) {
      await place.remove({ serviceId: "web" });
      await place.fullSync();
      await place.comesTo(NO_WEB);
      await place.agent.registerService(WEB, ONCE);
      await place.clock.pass(0);
      await place.comesTo(ALL);
    }
  });

  it("may be of a check alone", async () => {
    const place = await placeWithWeb();
    place.cut = true;
    await place.remove({ checkId: "beat" });
    await place.agent.registerCheck({ ...beat, serviceId: "web" });
    await place.restart();
    place.cut = false;
    await place.fullSync();
    await place.comesTo(ALL);
  });

  it("is what the configuration says, whenever it is read", async () => {
    const place = await Place.make();
    const said = [{ name: "web" }];
    await place.start(said);
    await place.remove({ serviceId: "web" });
    await place.fullSync();
    await place.comesTo("here -; there -; files 0");
    await place.agent.configure({ services: said, checks: [] });
    await place.clock.pass(0);
    await place.comesTo("here web; there web; files 0");
    await place.stop();
    await place.remove({ serviceId: "web" });
    await place.start(said);
    await place.comesTo("here web; there web; files 0");
  });
});
