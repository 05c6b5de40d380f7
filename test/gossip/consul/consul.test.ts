import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type Candidate,
  clientTags,
  decodeUserEvent,
  encodeUserEvent,
  lanGuard,
  lanServerTags,
  parseServerTags,
  poolFiles,
  userEventMeans,
  wanGuard,
  wanName,
  wanServerTags,
} from "../../../src/gossip/index.ts";
import { decodeMessage } from "../../../src/gossip/wire/memberlist.ts";
import { decodeSerf } from "../../../src/gossip/wire/serf.ts";
import messages from "../vectors/messages.json" with { type: "json" };

const SERVER = { datacenter: "dc1", id: "id-1", port: 8300 };
const node = (name: string, tags: ReadonlyMap<string, string>, gone = false): Candidate => ({ name, ip: "10.0.0.1", port: 8301, tags, gone });
const withTag = (tags: ReadonlyMap<string, string>, tag: string, value: string): ReadonlyMap<string, string> => new Map([...tags, [tag, value]]);

describe("tags of Consul's agents", () => {
  it("make a server of whom they say so, and of nobody with a tag that cannot be read", () => {
    const tags = lanServerTags({ ...SERVER, wanJoinPort: 8302, expect: 3 });
    const info = parseServerTags({ name: "a", ip: "10.0.0.1", tags, status: "alive" });
    assert.deepEqual([info?.port, info?.wanJoinPort, info?.expect, info?.bootstrap, info?.featureFlags.get("fs")], [8300, 8302, 3, false, 1]);
    const wan = parseServerTags({ name: wanName("a", "dc1"), ip: "10.0.0.1", tags: wanServerTags(SERVER), status: "alive" });
    assert.deepEqual([wan?.shortName, wan?.wanJoinPort], ["a", undefined]);
    for (const [tag, value] of [
      ["role", "node"],
      ["port", "x"],
      ["vsn", ""],
      ["build", "one"],
      ["expect", "1.5"],
      ["raft_vsn", "q"],
      ["ft_new", "yes"],
      ["sl_x", "nowhere"],
    ] as const)
      assert.equal(parseServerTags({ name: "a", ip: "10.0.0.1", tags: withTag(tags, tag, value), status: "alive" }), undefined, tag);
  });

  it("say who may join which pool", () => {
    const guard = lanGuard({ datacenter: "dc1", name: "us", id: "ours" });
    const client = clientTags({ datacenter: "dc1", id: "theirs" });
    assert.equal(guard.refuse(node("a", client)), undefined);
    assert.equal(guard.refuse(node("bare", new Map())), undefined);
    assert.match(guard.refuse(node("a", clientTags({ datacenter: "dc2", id: "x" }))) ?? "", /datacenter is "dc2"/);
    assert.match(guard.refuse(node("a", withTag(client, "segment", "s"))) ?? "", /segment/);
    assert.match(guard.refuse(node("a", withTag(client, "id", "ours"))) ?? "", /that of this node, "us"/);
    assert.equal(guard.refuse(node("us", withTag(client, "id", "ours"))), undefined);
    assert.match(guard.refuseList?.([node("a", client), node("b", client)]) ?? "", /held by "a" and by "b"/);
    assert.equal(guard.refuseList?.([node("a", client, true), node("b", client)]), undefined);
    assert.equal(wanGuard().refuse(node("a.dc2", wanServerTags({ ...SERVER, datacenter: "dc2" }))), undefined);
    assert.match(wanGuard().refuse(node("a", client)) ?? "", /not a server/);
  });

  it("belong to files under Consul's names", () => {
    assert.deepEqual(poolFiles("/d", "wan"), { snapshot: "/d/serf/remote.snapshot", keyring: "/d/serf/remote.keyring" });
  });
});

describe("Consul's user events", () => {
  it("are read as a real agent sends them, and read back as they are written", () => {
    const captured = messages.messages.map((each) => Buffer.from(each.hex, "hex")).filter((bytes) => bytes.includes("consul:event:"));
    assert.ok(captured.length > 0);
    for (const bytes of captured) {
      const message = decodeMessage(bytes);
      const event = message.kind === "user" ? decodeSerf(message.payload) : assert.fail();
      assert.ok(event.kind === "event");
      const body = decodeUserEvent({ name: event.name, payload: event.payload ?? new Uint8Array() });
      assert.equal(`consul:event:${body?.name}`, event.name);
      assert.match(body?.id ?? "", /^[0-9a-f-]{36}$/);
    }
    const own = { id: "i", name: "n", payload: Uint8Array.from([0, 255]), nodeFilter: "a", serviceFilter: "b".repeat(60), tagFilter: "c" };
    assert.deepEqual(decodeUserEvent(encodeUserEvent(own)), { ...own, version: 1 });
    assert.equal(decodeUserEvent({ name: "consul:new-leader", payload: Buffer.from("x") }), undefined);
    for (const payload of [Uint8Array.of(), Uint8Array.of(0xc1), Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff)])
      assert.equal(decodeUserEvent({ name: "consul:event:x", payload }), undefined);
  });

  it("mean an agent by its name and by the tags of one of its services", () => {
    const agent = {
      node: "web-1",
      services: [
        { name: "web", tags: ["blue"] },
        { name: "db", tags: ["green"] },
      ],
    };
    const means = (nodeFilter: string, serviceFilter = "", tagFilter = ""): boolean => userEventMeans({ nodeFilter, serviceFilter, tagFilter }, agent);
    assert.ok(means("") && means("^web") && means("", "db") && means("", "web", "bl.e"));
    assert.ok(!means("^db") && !means("", "nothing") && !means("", "web", "green") && !means("(") && !means("", "(") && !means("", "web", "("));
  });
});
