import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { LAN } from "../../../src/gossip/index.ts";
import { freeLoopback } from "../../support/addresses.ts";
import { cannotRun } from "../../support/missing.ts";
import { removeFolder, scratchFolder } from "../../support/processes.ts";
import { until } from "../../support/until.ts";
import { type OwnMember, startOwn, statusOf } from "../support/pools.ts";
import { SERF, SerfAgent } from "../support/serf-agent.ts";

// LAN timing: a killed member fails after 5 to 20 s in pools this small, so the waits are long and the tests share one pool
const FAILED_MS = 60_000;

describe("a pool of Kvorum's members and real serf agents", () => {
  let net = "";
  let folder = "";
  let us: OwnMember;
  let one: SerfAgent;
  let two: SerfAgent;

  before(async () => {
    if (SERF === undefined) return;
    net = await freeLoopback();
    folder = scratchFolder("serf");
    us = await startOwn({ name: "us", bind: `${net}.1:8301`, snapshotFile: join(folder, "us.snapshot"), tags: new Map([["role", "web"]]) });
    us.gossip.onQuery((query) => query.respond(Buffer.from(`${query.name} from us`)));
    const serf = (name: string, at: number, ...args: string[]): Promise<SerfAgent> =>
      SerfAgent.start({ name, host: `${net}.${at}`, folder, args: [`-snapshot=${join(folder, name)}.snapshot`, ...args] });
    one = await serf("one", 2, `-join=${net}.1:8301`, "-event-handler=query:ask=echo one says so", "-tag", "role=db");
    two = await serf("two", 3);
  });

  after(async () => {
    if (SERF === undefined) return;
    await us[Symbol.asyncDispose]();
    await one.kill();
    await two.kill();
    removeFolder(folder);
  });

  const test = (name: string, body: () => Promise<void>): void =>
    void it(name, async (t) => {
      if (SERF === undefined) return cannotRun(t, "the real serf agent, for mixed gossip pools");
      await body();
    });

  test("forms by their join of us and our join of them, with tags both ways", async () => {
    const { joined, errors } = await us.gossip.join([two.address, `${net}.99:8301`]);
    assert.equal(joined, 1);
    assert.deepEqual(errors, [{ address: `${net}.99:8301`, message: `dial tcp ${net}.99:8301: connect: connection refused`, resolved: true }]);
    for (const agent of [one, two])
      await until(`${agent.name} sees all`, async () => [...(await agent.statuses()).values()].filter((status) => status === "alive").length === 3);
    await until("we see all", () => us.gossip.members().every(({ status }) => status === "alive") && us.gossip.members().length === 3);
    assert.equal(us.gossip.member("one")?.tags.get("role"), "db");
    assert.deepEqual(await two.tagsOf("us"), { role: "web" });
    us.gossip.setTags(new Map([["role", "cache"]]));
    await until("they see our new tags", async () => (await two.tagsOf("us"))["role"] === "cache");
  });

  test("carries events both ways, once each", async () => {
    us.gossip.fireEvent("deploy", Buffer.from("v1"));
    await until("one hears it", () => one.log().includes("Received event: user-event: deploy"));
    await two.command("event", "-coalesce=false", "reload", "now");
    const event = await until("we hear it", () => us.events.find(({ name }) => name === "reload"));
    assert.equal(Buffer.from(event.payload).toString(), "now");
    assert.equal(us.events.filter(({ name }) => name === "reload").length, 1);
    assert.equal(us.events.filter(({ name }) => name === "deploy").length, 1);
  });

  test("answers queries both ways, filtered by name and by tag", async () => {
    // A query is datagrams and a deadline: on a slow machine it may go unanswered, and is then asked again.
    const { Acks, Responses } = await until("our answer comes in time", async () => {
      const printed = await one.command("query", "-format=json", "-timeout=3s", "-relay-factor=1", "-tag", "role=ca.*", "who");
      const told = JSON.parse(printed) as { Acks: string[]; Responses: Record<string, string> };
      return told.Acks.length > 0 && Object.keys(told.Responses).length > 0 && told;
    });
    assert.deepEqual(Acks, ["us"]);
    assert.deepEqual(Responses, { us: "who from us" });
    const filters = [{ kind: "nodes", names: ["one"] } as const];
    const answers = await until("their answer comes in time", async () => {
      const heard = new Map<string, string>();
      for await (const { from, ack, payload } of us.gossip.query({ name: "ask", filters, wantAcks: true, relayFactor: 1, timeoutMs: 4_000 })) {
        if (!ack) heard.set(from, Buffer.from(payload).toString().trim());
        if (heard.size === 1) break;
      }
      return heard.size > 0 && heard;
    });
    assert.deepEqual([...answers], [["one", "one says so"]]);
    await until("all live nodes are reached", async () => /Successfully contacted all live nodes/.test(await one.command("reachability")));
  });

  test("estimates round trips on both sides", async () => {
    await until("we have a coordinate of theirs", () => (us.gossip.rttSeconds("one") ?? 0) > 0);
    await until("they have one of ours", async () => /rtt: [\d.]+ ms/.test(await one.command("rtt", "us", "one")));
  });

  test("sees a stopped process refute, and a killed one fail and come back by itself", async () => {
    const seen = us.changes.length;
    one.signal("SIGSTOP");
    const accused = await until("somebody suspects it", () => us.gossip.accusations().find(({ name }) => name === "one"));
    one.signal("SIGCONT");
    const suspectedMs = us.platform.clock.now() - accused.sinceMs;
    await until("it has refuted, or failed", () => !us.gossip.accusations().some(({ name }) => name === "one"));
    await two.kill();
    await until("two is failed", () => statusOf(us, "two") === "failed", FAILED_MS);
    await until("they agree", async () => (await one.statuses()).get("two") === "failed", FAILED_MS);
    // A suspicion in a pool this small lasts four seconds at least; on a machine that was slower than that it may be declared failed.
    if (suspectedMs < 3_000) assert.ok(!us.changes.slice(seen).includes("failed one"));
    await two.restart();
    await until("two is back, by its own snapshot", () => statusOf(us, "two") === "alive", FAILED_MS);
    await until("two sees us", async () => (await two.statuses()).get("us") === "alive");
  });

  test("is seen to fail and to be back by its own snapshot when it is killed itself", async () => {
    await us[Symbol.asyncDispose]();
    await until("one sees us failed", async () => (await one.statuses()).get("us") === "failed", FAILED_MS);
    us = await startOwn({ name: "us", bind: `${net}.1:8301`, snapshotFile: join(folder, "us.snapshot") });
    await until("all see us again", async () => (await one.statuses()).get("us") === "alive" && (await two.statuses()).get("us") === "alive", FAILED_MS);
    await until("we see all again", () => us.gossip.members().filter(({ status }) => status === "alive").length === 3);
  });

  test("tells who left from who failed, in both directions, and forgets who is pruned", async () => {
    two.signal("SIGINT");
    await two.exited();
    await until("two has left", () => statusOf(us, "two") === "left");
    const gone = await startOwn({ name: "gone", bind: `${net}.4:8301` });
    await gone.gossip.join([one.address]);
    await until("one sees the newcomer", async () => (await one.statuses()).get("gone") === "alive");
    await gone.gossip.leave();
    await until("one sees it leave", async () => (await one.statuses()).get("gone") === "left");
    await gone[Symbol.asyncDispose]();
    await us.gossip.forceLeave("gone", { prune: true });
    await until("it is forgotten everywhere", async () => !(await one.statuses()).has("gone") && us.gossip.member("gone") === undefined);
    await assert.rejects(us.gossip.forceLeave("gone"), { code: "not-found" });
  });

  test("makes a failed member a left one by force, from their side and from ours", async () => {
    await two.restart(`-join=${net}.1:8301`);
    await until("two is back", () => statusOf(us, "two") === "alive", FAILED_MS);
    await two.kill();
    await until("two is failed", async () => statusOf(us, "two") === "failed" && (await one.statuses()).get("two") === "failed", FAILED_MS);
    await us.gossip.forceLeave("two");
    await until("two has left for them", async () => (await one.statuses()).get("two") === "left");
    assert.equal(statusOf(us, "two"), "left");
  });
});

describe("an encrypted pool with real serf agents", () => {
  it("rotates its keys from either side while nobody is lost", async (t) => {
    if (SERF === undefined) return cannotRun(t, "the real serf agent, for encrypted gossip pools");
    const net = await freeLoopback();
    const folder = scratchFolder("serf-keys");
    t.after(() => removeFolder(folder));
    const [first, second] = [Buffer.alloc(32, 7), Buffer.alloc(16, 9)];
    await using serf = await SerfAgent.start({ name: "one", host: `${net}.2`, folder, args: [`-encrypt=${first.toString("base64")}`] });
    const file = join(folder, "us.keyring");
    await using us = await startOwn({ name: "us", bind: `${net}.1:8301`, encryption: { keys: [first], file } });
    await using plain = await startOwn({ name: "plain", bind: `${net}.3:8301`, timing: LAN });

    assert.equal((await us.gossip.join([serf.address])).joined, 1);
    const { joined, errors } = await plain.gossip.join([serf.address, us.gossip.address]);
    assert.equal(joined, 0);
    assert.ok(
      errors.every(({ message }) => /encrypted/.test(message)),
      JSON.stringify(errors),
    );

    await until("both are there", async () => (await serf.statuses()).size === 2 && us.gossip.members().length === 2);
    // Keys are changed by queries: whom the datagram misses answers when it is asked again.
    const bothAnswer = <T extends { readonly answers: number }>(ask: () => Promise<T>): Promise<T> =>
      until("both answer", async () => {
        const told = await ask();
        return told.answers === 2 && told;
      });
    const installed = await bothAnswer(() => us.gossip.keys.install(second));
    assert.deepEqual([installed.nodes, installed.errors], [2, 0]);
    await until("they change the primary key", async () =>
      /Successfully changed primary key/.test(await serf.command("keys", `-use=${second.toString("base64")}`)),
    );
    assert.equal((await bothAnswer(() => us.gossip.keys.remove(second))).errors, 2);
    assert.equal((await bothAnswer(() => us.gossip.keys.remove(first, { relayFactor: 1 }))).errors, 0);
    assert.deepEqual([...(await bothAnswer(() => us.gossip.keys.list())).keys], [[second.toString("base64"), 2]]);
    const line = new RegExp(`${second.toString("base64").replaceAll("+", "\\+")}\\s+\\[2/2\\]`);
    await until("they list it", async () => line.test(await serf.command("keys", "-list")));
    assert.deepEqual(JSON.parse((await us.platform.files.read(file))?.toString() ?? ""), [second.toString("base64")]);
    assert.equal(us.gossip.encrypted, true);
  });
});
