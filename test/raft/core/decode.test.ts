import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Packr, Unpackr } from "msgpackr";
import { BadRequestError } from "../../../src/base/errors.ts";
import { decodeConfiguration, decodeRaftMessage } from "../../../src/raft/core/decode.ts";
import { MAX_DECODED_CHUNK_BYTES, MAX_DECODED_ENTRIES, MAX_SERVERS } from "../../../src/raft/core/limits.ts";
import { server } from "./cluster.ts";

const config = { servers: [server("a")] };
const meta = { index: 5, term: 2, configuration: config, configurationIndex: 1 };
const append = {
  kind: "append",
  term: 3,
  prevIndex: 4,
  prevTerm: 2,
  commit: 4,
  entries: [
    { kind: "command", term: 2, index: 5, data: Buffer.from("x") },
    { kind: "noop", term: 3, index: 6 },
    { kind: "config", term: 3, index: 7, configuration: config },
  ],
};
const GOOD: readonly Readonly<Record<string, unknown>>[] = [
  append,
  { kind: "append-ok", term: 1, match: 4 },
  { kind: "append-reject", term: 1, prevIndex: 4, conflictIndex: 3, conflictTerm: 1 },
  { kind: "heartbeat", term: 1, commit: 0, sent: 7, read: 0 },
  { kind: "heartbeat-ok", term: 1, sent: 7, read: 0 },
  { kind: "commit", term: 1, commit: 3 },
  { kind: "vote-request", term: 1, pre: true, force: false, lastIndex: 3, lastTerm: 1 },
  { kind: "vote-response", term: 1, pre: true, granted: false },
  { kind: "snapshot", term: 1, meta, sizeBytes: 10, offset: 4, data: Buffer.from("abc") },
  { kind: "snapshot-ack", term: 1, index: 5, offset: 3, failed: false },
  { kind: "timeout-now", term: 1, sent: 4 },
];

describe("decodeRaftMessage", () => {
  for (const message of GOOD) {
    it(`takes ${String(message["kind"])} as it is, also after msgpack`, () => {
      assert.equal(decodeRaftMessage(message), message);
      const wire: unknown = new Unpackr({}).unpack(new Packr({}).pack(message));
      assert.deepEqual(JSON.stringify(decodeRaftMessage(wire)), JSON.stringify(message));
    });

    for (const field of Object.keys(message)) {
      for (const wrong of [undefined, null, -1, 1.5, Number.NaN, 2 ** 60, "x", {}, [null]]) {
        it(`refuses ${String(message["kind"])} with ${field} ${JSON.stringify(wrong) ?? "missing"}`, () => {
          assert.throws(() => decodeRaftMessage({ ...message, [field]: wrong }), BadRequestError);
        });
      }
    }
  }

  for (const [what, raw] of [
    ["nothing", undefined],
    ["null", null],
    ["a number", 7],
    ["an unknown kind", { kind: "surprise", term: 1 }],
    ["entries with a gap", { ...append, entries: append.entries.slice(1) }],
    ["entries of a later term than the sender's", { ...append, term: 2 }],
    ["entries whose terms fall", { ...append, prevTerm: 3 }],
    ["a command without data", { ...append, entries: [{ kind: "command", term: 3, index: 5 }] }],
    ["an entry of unknown kind", { ...append, entries: [{ kind: "surprise", term: 3, index: 5 }] }],
    ["too many entries", { ...append, entries: Array.from({ length: MAX_DECODED_ENTRIES + 1 }) }],
    ["a chunk beyond the end", { kind: "snapshot", term: 1, meta, sizeBytes: 10, offset: 9, data: Buffer.from("abc") }],
    ["a chunk that is too large", { kind: "snapshot", term: 1, meta, sizeBytes: 1e9, offset: 0, data: Buffer.alloc(MAX_DECODED_CHUNK_BYTES + 1) }],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => decodeRaftMessage(raw), BadRequestError);
    });
  }
});

describe("decodeConfiguration", () => {
  for (const [what, servers] of [
    ["no list", 7],
    ["the same id twice", [server("a"), server("a")]],
    ["an unknown suffrage", [{ ...server("a"), suffrage: "observer" }]],
    ["an empty id", [{ ...server("a"), id: "" }]],
    ["a name that is too long", [{ ...server("a"), name: "x".repeat(2000) }]],
    ["too many servers", Array.from({ length: MAX_SERVERS + 1 }, (_, at) => server(`n${at}`))],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => decodeConfiguration({ servers }), BadRequestError);
    });
  }
});
