import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it, type TestContext } from "node:test";
import {
  clientTags,
  decodeUserEvent,
  encodeUserEvent,
  LAN,
  lanGuard,
  lanServerTags,
  parseServerTags,
  WAN,
  wanGuard,
  wanServerTags,
  withOverrides,
} from "../../../src/gossip/index.ts";
import { freeLoopback } from "../../support/addresses.ts";
import { cannotRun } from "../../support/missing.ts";
import { removeFolder, scratchFolder } from "../../support/processes.ts";
import { until } from "../../support/until.ts";
import { CONSUL, ConsulAgent } from "../support/consul-agent.ts";
import { type OwnMember, startOwn, statusOf } from "../support/pools.ts";
import { SERF, SerfAgent } from "../support/serf-agent.ts";

const FAILED_MS = 60_000;
const KEY = Buffer.alloc(32, 3).toString("base64");

interface Place {
  readonly net: string;
  readonly folder: string;
}

async function place(t: TestContext, what: string): Promise<Place | undefined> {
  if (CONSUL === undefined) {
    cannotRun(t, `the real Consul 1.8.7, for ${what}`);
    return undefined;
  }
  const folder = scratchFolder("consul");
  t.after(() => removeFolder(folder));
  return { net: await freeLoopback(), folder };
}

/** A client agent of ours, as far as gossip goes. */
function client(name: string, bind: string, settings: { readonly encrypt?: string; readonly datacenter?: string } = {}): Promise<OwnMember> {
  const id = randomUUID();
  const datacenter = settings.datacenter ?? "dc1";
  const encryption = settings.encrypt === undefined ? {} : { encryption: { keys: [Buffer.from(settings.encrypt, "base64")] } };
  return startOwn({ name, bind, tags: clientTags({ datacenter, id }), guard: lanGuard({ datacenter, name, id }), ...encryption });
}

describe("the LAN pool of a real Consul", () => {
  it("takes us for a client: alive, failed, left, in its catalog too; and its own agents are what their tags say", async (t) => {
    const at = await place(t, "mixed LAN pools");
    if (at === undefined) return;
    const { net, folder } = at;
    await using server = await ConsulAgent.start({ name: "server", host: `${net}.1`, folder, args: ["-server", "-bootstrap-expect=1", `-encrypt=${KEY}`] });
    await using agent = await ConsulAgent.start({ name: "agent", host: `${net}.2`, folder, args: [`-encrypt=${KEY}`, `-retry-join=${net}.1`] });
    let us = await client("us", `${net}.3:8301`, { encrypt: KEY });
    t.after(() => us[Symbol.asyncDispose]());

    assert.equal((await us.gossip.join([`${net}.1`])).joined, 1);
    await until("we see both", () => statusOf(us, "server") === "alive" && statusOf(us, "agent") === "alive");
    const info = parseServerTags(us.gossip.member("server") ?? assert.fail());
    assert.deepEqual([info?.datacenter, info?.port, info?.build, info?.raftVersion, info?.bootstrap], ["dc1", 8300, "1.8.7", 3, true]);
    assert.equal(parseServerTags(us.gossip.member("agent") ?? assert.fail()), undefined);
    await until("both see us", async () => (await server.statuses()).get("us") === 1 && (await agent.statuses()).get("us") === 1);
    const health = async (): Promise<string | undefined> => ((await server.get("/v1/health/node/us")) as { CheckID: string; Status: string }[])[0]?.Status;
    await until("we are in the catalog", async () => (await health()) === "passing", FAILED_MS);
    assert.match(await server.command("members"), /us +127\S+ +alive +client +1\.8\.7 +2 +dc1 +<default>/);

    await us[Symbol.asyncDispose]();
    await until("they see us failed", async () => (await server.statuses()).get("us") === 4 && (await health()) === "critical", FAILED_MS);
    us = await client("us", `${net}.3:8301`, { encrypt: KEY });
    await us.gossip.join([`${net}.2:8301`]);
    await until("we are back", async () => (await server.statuses()).get("us") === 1 && (await health()) === "passing", FAILED_MS);
    await us.gossip.leave();
    await until("they see us gone", async () => (await server.statuses()).get("us") === 3 && (await health()) === undefined, FAILED_MS);
  });

  it("exchanges user events and keys with us", async (t) => {
    const at = await place(t, "events and keys in mixed pools");
    if (at === undefined) return;
    const { net, folder } = at;
    await using server = await ConsulAgent.start({ name: "server", host: `${net}.1`, folder, args: ["-server", "-bootstrap-expect=1", `-encrypt=${KEY}`] });
    await using us = await client("us", `${net}.3:8301`, { encrypt: KEY });
    await us.gossip.join([`${net}.1`]);
    await until("the server has a leader", async () => (await server.get("/v1/status/leader")) !== "", FAILED_MS);
    await until("it sees us", async () => (await server.statuses()).get("us") === 1);

    await server.command("event", "-name=deploy", "-node=us|x", "v2");
    const event = await until("we hear its event", () => us.events.map(decodeUserEvent).find((each) => each?.name === "deploy"));
    assert.deepEqual([Buffer.from(event.payload).toString(), event.nodeFilter, event.version], ["v2", "us|x", 1]);
    const own = encodeUserEvent({ id: randomUUID(), name: "ours", payload: Buffer.alloc(40, "p"), nodeFilter: "", serviceFilter: "", tagFilter: "" });
    us.gossip.fireEvent(own.name, own.payload);
    const heard = await until("it hears ours", async () => ((await server.get("/v1/event/list?name=ours")) as { Payload: string }[])[0]);
    assert.equal(Buffer.from(heard.Payload, "base64").toString(), "p".repeat(40));

    const second = Buffer.alloc(32, 4).toString("base64");
    // Keys are changed by queries: whom the datagram misses answers when it is asked again.
    const { keys } = await until("both have both keys", async () => {
      await server.command("keyring", `-install=${second}`);
      const listed = await us.gossip.keys.list();
      return listed.nodes === 2 && listed.answers === 2 && [...listed.keys.values()].every((count) => count === 2) && listed;
    });
    assert.deepEqual([...keys.keys()].sort(), [KEY, second].sort());
    await until("both use the new one", async () => {
      const used = await us.gossip.keys.use(Buffer.from(second, "base64"));
      return used.answers === 2 && used.errors === 0;
    });
    const line = new RegExp(`${second.replaceAll("+", "\\+")} \\[2/2\\]`);
    await until("they list it", async () => line.test(await server.command("keyring", "-list")));
  });

  it("is told apart from other datacenters, and takes serf agents with its tags for clients", async (t) => {
    const at = await place(t, "guards of mixed pools");
    if (at === undefined || SERF === undefined) return SERF === undefined ? cannotRun(t, "the real serf agent, for Consul's tags") : undefined;
    const { net, folder } = at;
    const [name, id] = ["boss", randomUUID()];
    await using boss = await startOwn({
      name,
      bind: `${net}.1:8301`,
      tags: lanServerTags({ datacenter: "dc1", id, port: 8300, bootstrap: true }),
      guard: lanGuard({ datacenter: "dc1", name, id }),
    });
    const tag = (key: string, value: string): readonly string[] => ["-tag", `${key}=${value}`];
    const tags = Object.entries({ role: "node", dc: "dc1", segment: "", id: randomUUID(), vsn: "2", vsn_min: "2", vsn_max: "3", build: "1.8.7:" });
    const args = tags.flatMap(([key, value]) => tag(key, value));
    await using serf = await SerfAgent.start({ name: "serf", host: `${net}.2`, folder, args: [...args, `-join=${net}.1:8301`] });
    await using stranger = await ConsulAgent.start({ name: "stranger", host: `${net}.4`, folder, args: ["-datacenter=dc2"] });
    await using agent = await ConsulAgent.start({ name: "agent", host: `${net}.3`, folder, args: [`-retry-join=${net}.1`] });

    for (const line of [/boss +127\S+ +alive +server +1\.8\.7/, /serf +127\S+ +alive +client +1\.8\.7/])
      await until(`the agent sees ${line}`, async () => line.test(await agent.command("members")));
    await until("it has a server", async () => {
      const known = (await agent.get("/v1/agent/self")) as { Stats: { consul: { known_servers: string } } };
      return known.Stats.consul.known_servers === "1";
    });
    await assert.rejects(stranger.command("join", `${net}.1`));
    assert.equal(boss.gossip.member("stranger"), undefined);
    assert.ok((await boss.counted("memberlist.msg.refused")) >= 1);
    const { joined, errors } = await boss.gossip.join([`${net}.4`]);
    assert.equal(joined, 0);
    assert.match(errors[0]?.message ?? "", /closed the stream|refused/);
    await until("the serf agent sees Consul's", async () => (await serf.statuses()).get("agent") === "alive");
  });
});

describe("the WAN pool of a real Consul", () => {
  it("takes our servers and refuses everybody else, on either side", async (t) => {
    const at = await place(t, "mixed WAN pools");
    if (at === undefined) return;
    const { net, folder } = at;
    await using server = await ConsulAgent.start({ name: "theirs", host: `${net}.1`, folder, args: ["-server", "-bootstrap-expect=1"] });
    const timing = withOverrides(WAN, { gossipIntervalMs: 200 });
    const tags = wanServerTags({ datacenter: "dc2", id: randomUUID(), port: 8300 });
    await using us = await startOwn({ name: "ours.dc2", bind: `${net}.2:8302`, tags, timing, guard: wanGuard(), label: "wan" });
    await using nobody = await startOwn({ name: "nobody", bind: `${net}.3:8302`, timing: LAN });

    assert.equal((await us.gossip.join([`theirs.dc1/${net}.1:8302`])).joined, 1);
    await until("they see us", async () => (await server.statuses("wan")).get("ours.dc2") === 1);
    const theirs = parseServerTags(us.gossip.member("theirs.dc1") ?? assert.fail());
    assert.deepEqual([theirs?.shortName, theirs?.datacenter, theirs?.wanJoinPort], ["theirs", "dc1", undefined]);
    await until("dc2 is a datacenter", async () => ((await server.get("/v1/catalog/datacenters")) as string[]).includes("dc2"));
    await nobody.gossip.join([`${net}.2:8302`, `${net}.1:8302`]);
    assert.equal(us.gossip.member("nobody"), undefined);
    assert.equal((await server.statuses("wan")).has("nobody"), false);
  });
});
