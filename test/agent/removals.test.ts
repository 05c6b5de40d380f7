import { describe, it } from "node:test";
import { Place } from "./place.ts";
import { check, ONCE, service } from "./support.ts";

const beat = check({ id: "beat", name: "beat", ttlMs: 600_000 });
const WEB = service("web", { port: 80, checks: [beat] });
const DISK = check({ id: "disk", name: "disk", ttlMs: 600_000 });

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
