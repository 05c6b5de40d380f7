import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BugError } from "../../src/base/assert.ts";
import { encodeMsgpack } from "../../src/base/msgpack.ts";
import { decodeCommand } from "../../src/state/command-codec.ts";
import type { Command } from "../../src/state/index.ts";
import { encodeCommand } from "../../src/state/index.ts";
import { bytes, check, key, node, service, session } from "./harness.ts";

const value = { key: key("k\u00e9"), value: Buffer.from([0, 255]), flags: 18446744073709551615n };
const COMMANDS: readonly Command[] = [
  { type: "kv.write", body: { verb: "set", ...value } },
  { type: "kv.write", body: { verb: "set", ...value, flags: 0n } },
  { type: "kv.write", body: { verb: "cas", ...value, index: 2 ** 40 } },
  { type: "kv.write", body: { verb: "lock", ...value, session: "s" } },
  { type: "kv.write", body: { verb: "unlock", ...value, session: "s" } },
  { type: "kv.write", body: { verb: "delete", key: key("k") } },
  { type: "kv.write", body: { verb: "delete-cas", key: key("k"), index: 3 } },
  { type: "kv.write", body: { verb: "delete-tree", prefix: key("") } },
  { type: "kv.reap", body: { upTo: 5 } },
  { type: "session.create", body: { session: session({ serviceChecks: [{ id: "a", namespace: "" }] }) } },
  { type: "session.destroy", body: { id: "x" } },
  { type: "catalog.register", body: { node: node("n"), skipNodeUpdate: true, service: service("s", { proxy: { Deep: [1, null] } }), checks: [check("c")] } },
  { type: "catalog.deregister", body: { node: "n", serviceId: "", checkId: "" } },
  { type: "catalog.remove", body: { node: "n", serviceId: "s", checkId: "", at: 1_700_000_000_000 } },
  {
    type: "catalog.sync",
    body: {
      registration: { node: node("n"), skipNodeUpdate: true, service: undefined, checks: [check("c")] },
      heeds: { service: Number.MAX_SAFE_INTEGER, checks: [0] },
    },
  },
  { type: "catalog.reap", body: { before: 1_700_000_000_000 } },
  { type: "txn.remove", body: { ops: [{ kind: "check", verb: "delete", check: check("c"), index: 0 }], at: 1_700_000_000_000 } },
  { type: "query.delete", body: { id: "q" } },
  { type: "coordinates.update", body: { updates: [] } },
  {
    type: "txn",
    body: {
      ops: [
        { kind: "kv", op: { verb: "set", ...value } },
        { kind: "kv", op: { verb: "check-session", key: key("k"), session: "s" } },
        { kind: "node", verb: "cas", node: node("n"), index: 4 },
        { kind: "refused", what: "no" },
      ],
    },
  },
];

describe("commands in the log", () => {
  for (const command of COMMANDS) {
    it(`come back as they went: ${command.type} ${"verb" in command.body ? command.body.verb : ""}`, () => {
      const decoded = decodeCommand(encodeCommand(command));
      // Members that are undefined are left out on the way, which is the same.
      assert.deepEqual(JSON.parse(plain(decoded)), JSON.parse(plain(command)));
    });
  }

  it("are refused when they could not be read back: in the log they would stop every server for ever", () => {
    for (const port of [1e300, 1.5, 2 ** 53])
      assert.throws(
        () => encodeCommand({ type: "catalog.register", body: { node: node("n"), skipNodeUpdate: false, service: service("s", { port }), checks: [] } }),
        { code: "internal", message: /^Cannot write what could not be read again: .*service\.port is not a whole number$/ },
      );
  });

  it("keep their numbers for ever", () => {
    const numbers = new Map(COMMANDS.map((command) => [command.type, encodeCommand(command)[0]]));
    assert.deepEqual(Object.fromEntries(numbers), {
      "kv.write": 1,
      "kv.reap": 2,
      "session.create": 3,
      "session.destroy": 4,
      "catalog.register": 5,
      "catalog.deregister": 6,
      txn: 7,
      "query.delete": 10,
      "coordinates.update": 11,
      "catalog.remove": 13,
      "catalog.sync": 14,
      "catalog.reap": 15,
      "txn.remove": 16,
    });
  });

  it("stop the server when unknown, unless they say that they may be left out", () => {
    assert.throws(() => decodeCommand(Buffer.from([77, 0xc0])), BugError);
    assert.equal(decodeCommand(Buffer.from([0x80 | 77, 0xc0])), undefined);
  });

  for (const [say, data] of [
    ["nothing at all", Buffer.of()],
    ["no body", Buffer.from([1])],
    ["no MessagePack", Buffer.from([1, 0xc1])],
    ["a verb that is none", Buffer.from([1, ...encodeMsgpack([9, "k"])])],
    ["text for bytes", Buffer.from([1, ...encodeMsgpack([1, "k", "v", 0])])],
    ["a negative flag", Buffer.from([1, ...encodeMsgpack([1, "k", bytes("v"), -1])])],
    ["an operation that is none", Buffer.from([7, ...encodeMsgpack({ ops: [{ kind: "toString" }] })])],
    ["a member missing", Buffer.from([2, ...encodeMsgpack({})])],
  ] as const) {
    it(`are refused as corrupt: ${say}`, () => assert.throws(() => decodeCommand(data), { code: "corrupt" }));
  }
});

function plain(command: unknown): string {
  return JSON.stringify(command, (_, each: unknown) => (typeof each === "bigint" ? String(each) : each instanceof Uint8Array ? [...each] : each));
}
