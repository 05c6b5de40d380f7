import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { startingKeys } from "../../src/gossip/index.ts";
import { addressText, ipBytes, ipText } from "../../src/gossip/ip.ts";
import { splitJoinAddress } from "../../src/gossip/join.ts";
import { Keyring } from "../../src/gossip/keyring.ts";
import { readSnapshot } from "../../src/gossip/snapshot.ts";
import { freeLoopback } from "../support/addresses.ts";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import { until } from "../support/until.ts";
import { startOwn, statusOf } from "./support/pools.ts";

describe("addresses of gossip", () => {
  it("are the same as bytes and as text", () => {
    for (const text of ["10.0.0.1", "255.255.255.255", "::1", "::", "2001:db8::5", "fe80:0:1::2:3:4", "1:2:3:4:5:6:7:8", "1::"])
      assert.equal(ipText(ipBytes(text) ?? new Uint8Array()), text);
    for (const text of ["", "1.2.3", "1.2.3.256", "::1::", "1:2:3:4:5:6:7:8:9", "g::", "host"]) assert.equal(ipBytes(text), undefined);
    assert.equal(ipText(ipBytes("::ffff:10.1.2.3") ?? new Uint8Array()), "10.1.2.3");
    assert.equal(ipText(new Uint8Array(5)), undefined);
    assert.equal(addressText({ ip: new Uint8Array(16), port: 1 }), "[::]:1");
  });

  it("to join come in all of Consul's forms", () => {
    const cases = [
      ["10.0.0.1", "10.0.0.1", 8301],
      ["10.0.0.1:99", "10.0.0.1", 99],
      ["a.dc1/10.0.0.1:99", "10.0.0.1", 99],
      ["consul.service", "consul.service", 8301],
      ["consul.service:1", "consul.service", 1],
      ["::1", "::1", 8301],
      ["[::1]:7", "::1", 7],
    ] as const;
    for (const [text, host, port] of cases) assert.deepEqual(splitJoinAddress(text, 8301), { host, port });
    for (const text of ["", "host:", "host:99999", "a:b:c"]) assert.throws(() => splitJoinAddress(text, 8301), { code: "bad-request" });
  });
});

describe("Serf's file of members", () => {
  const text =
    "alive: a b 10.0.0.1:8301\nalive: c 10.0.0.2:8301\nnot-alive: c\nclock: 7\nevent-clock: 3\nquery-clock: 2\ncoordinate: {}\n# x\nalive: torn 10.0";

  it("is read as Serf reads it, a torn last line left out", () => {
    const { alive, clocks } = readSnapshot(text, false);
    assert.deepEqual([...alive], [["a b", "10.0.0.1:8301"]]);
    assert.deepEqual(clocks, { member: 7n, event: 3n, query: 2n });
  });

  it("remembers who had failed as well, in lines that are comments to Serf", () => {
    const lines = ["alive: a 10.0.0.1:1", "alive: b 10.0.0.2:1", "not-alive: b", "# failed: b 10.0.0.2:1", "# failed: c 10.0.0.3:1", "alive: c 10.0.0.3:1"];
    const { alive, failed } = readSnapshot(lines.join("\n"), false);
    assert.deepEqual([[...alive.keys()], [...failed]], [["a", "c"], [["b", "10.0.0.2:1"]]]);
    assert.equal(readSnapshot([...lines, "not-alive: b"].join("\n"), false).failed.size, 0);
    assert.equal(readSnapshot([...lines, "leave"].join("\n"), false).failed.size, 0);
  });

  it("says nothing any more after a leave, unless we rejoin even then", () => {
    assert.equal(readSnapshot(`${text}\nleave\n`, false).alive.size, 0);
    assert.equal(readSnapshot(`${text}\nleave\n`, true).alive.size, 1);
  });
});

describe("keys of gossip", () => {
  it("change one at a time, are written down, and never lose the primary", async (t) => {
    const folder = scratchFolder("keys");
    t.after(() => removeFolder(folder));
    await using own = await startOwn({ name: "files", bind: "127.0.0.1:0" });
    const { files } = own.platform;
    const file = join(folder, "serf", "local.keyring");
    const [a, b] = [Buffer.alloc(16, 1), Buffer.alloc(32, 2)];
    const keys = (await startingKeys(files, { path: file, encrypt: a.toString("base64") })) ?? [];
    const keyring = new Keyring({ keys, file }, { files, nonce: () => new Uint8Array(12) });
    assert.match((await keyring.change("use", b)) ?? "", /not in the keyring/);
    assert.equal(await keyring.change("install", b), undefined);
    assert.equal(await keyring.change("use", b), undefined);
    assert.match((await keyring.change("remove", b)) ?? "", /primary/);
    assert.match((await keyring.change("install", Buffer.alloc(5))) ?? "", /16, 24 or 32/);
    const kept = await startingKeys(files, { path: file, encrypt: "ignored once there is a file" });
    assert.deepEqual(
      kept?.map((key) => Buffer.from(key).toString("base64")),
      [b, a].map((key) => key.toString("base64")),
    );
    await assert.rejects(startingKeys(files, { encrypt: "c2hvcnQ=" }), { code: "bad-request" });
    assert.match((await new Keyring(undefined, { files, nonce: () => a }).change("install", a)) ?? "", /not enabled/);
  });
});

describe("one pool of our own members", () => {
  it("bounds what its owner asks for", async () => {
    await using own = await startOwn({ name: "own", bind: "127.0.0.1:0" });
    const { gossip } = own;
    assert.throws(() => gossip.fireEvent("e", Buffer.alloc(512)), { code: "bad-request" });
    assert.throws(() => gossip.setTags(new Map([["k", "v".repeat(600)]])), { code: "bad-request" });
    assert.throws(() => gossip.query({ name: "q", payload: Buffer.alloc(1100) }), { code: "bad-request" });
    assert.throws(() => gossip.query({ name: "q", relayFactor: 6 }), { code: "bad-request" });
    await assert.rejects(startOwn({ name: "own", bind: gossip.address }), { code: "unavailable" });
    await assert.rejects(startOwn({ name: "x", bind: "0.0.0.0:0" }), { code: "bad-request" });
    await assert.rejects(startOwn({ name: "x", bind: "127.0.0.1:0", encryption: { keys: [Buffer.alloc(3)] } }), { code: "bad-request" });
    const nobody = await gossip.join(["127.0.0.1:1", "no such host.invalid"]);
    assert.deepEqual([nobody.joined, nobody.errors.length], [0, 2]);
    assert.equal(gossip.stats()["members"], "1");
  });

  it("gives a name to another machine as soon as its holder has failed, says so while it has not, and stops who lost its name", async () => {
    const loop = await freeLoopback();
    await using one = await startOwn({ name: "one", bind: `${loop}.1:8301` });
    await using two = await startOwn({ name: "two", bind: `${loop}.2:8301` });
    await two.gossip.join([`${loop}.1`]);
    const conflicts: string[] = [];
    one.gossip.onConflict(({ name, holder, claimant }) => void conflicts.push(`${name} ${holder} ${claimant}`));

    await using twin = await startOwn({ name: "two", bind: `${loop}.3:8301`, resolveNameConflicts: true });
    await twin.gossip.join([`${loop}.1`]);
    await until("the claim is told", () => conflicts.includes(`two ${loop}.2:8301 ${loop}.3:8301`));
    assert.ok(one.log.some((line) => line.includes("kvorum force-leave two")));
    await until("the newcomer gives up", () => twin.gossip.stopped);

    await two[Symbol.asyncDispose](); // dies without a word
    await until("two has failed", () => statusOf(one, "two") === "failed", 60_000);
    assert.equal(one.gossip.accusations().length, 0);
    await using heir = await startOwn({ name: "two", bind: `${loop}.4:8301` });
    await heir.gossip.join([`${loop}.1`]);
    await until("the heir has the name", () => one.gossip.member("two")?.ip === `${loop}.4` && statusOf(one, "two") === "alive");
  });

  it("takes plain and sealed members together while it is changed over", async () => {
    const loop = await freeLoopback();
    const key = Buffer.alloc(16, 5);
    await using plain = await startOwn({ name: "plain", bind: `${loop}.1:8301` });
    await using half = await startOwn({ name: "half", bind: `${loop}.2:8301`, encryption: { keys: [key], verifyIncoming: false, verifyOutgoing: false } });
    await using full = await startOwn({ name: "full", bind: `${loop}.3:8301`, encryption: { keys: [key], verifyIncoming: false } });
    assert.equal((await half.gossip.join([plain.gossip.address])).joined, 1);
    assert.equal((await full.gossip.join([half.gossip.address])).joined, 1);
    full.gossip.fireEvent("sealed", Buffer.from("x"));
    await until("half hears the sealed word", () => half.events.length === 1);
    half.gossip.fireEvent("plain", Buffer.from("x"));
    await until("both hear the plain one", () => plain.events.some(({ name }) => name === "plain") && full.events.some(({ name }) => name === "plain"));
  });
});
