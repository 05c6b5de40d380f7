import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { inspectArchive, readArchive, refuseForeignState, writeArchive } from "../../src/archive/index.ts";
import { asIndex, asNodeId, asTerm } from "../../src/base/ids.ts";
import { RealFiles } from "../../src/platform/files.ts";

const META = {
  index: asIndex(42),
  term: asTerm(3),
  configuration: {
    servers: [
      { id: asNodeId("a"), address: "10.0.0.1:8300", suffrage: "voter", name: "n1" },
      { id: asNodeId("b"), address: "10.0.0.2:8300", suffrage: "learner", name: "n2" },
    ],
  },
  configurationIndex: asIndex(7),
} as const;
const STATE = Buffer.alloc(3_000_000, "some state, ");
const files = new RealFiles();
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "kvorum-archive-"));
});
after(() => rm(folder, { recursive: true }));

describe("snapshot archive", () => {
  it("gives back what was put in, as often as asked, and removes its temporary file", async () => {
    const bytes = await gather(writeArchive(content(STATE)));

    const archive = await read(bytes);
    const { id, sizeBytes, version, stateFormat, ...meta } = archive.header;

    assert.deepEqual(meta, META);
    assert.deepEqual({ id, sizeBytes, version, stateFormat }, { id: "3-42-99", sizeBytes: STATE.length, version: 1, stateFormat: 1 });
    assert.ok((await gather(archive.chunks())).equals(STATE));
    assert.ok((await gather(archive.chunks())).equals(STATE));
    await archive[Symbol.asyncDispose]();
    assert.deepEqual(await readdir(folder), []);
  });

  it("takes an empty state", async () => {
    await using archive = await read(await gather(writeArchive(content(Buffer.alloc(0)))));
    assert.equal((await gather(archive.chunks())).length, 0);
  });

  it("passes on the failure of who gives the state", async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(10);
      throw new Error("the disk is gone");
    }
    await assert.rejects(gather(writeArchive({ ...content(STATE), chunks: failing() })), /the disk is gone/);
    await assert.rejects(gather(writeArchive({ ...content(STATE), sizeBytes: 10 })), /has not 10 bytes/);
  });

  it("ends the state's source when nobody reads on", async () => {
    let ended = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.from(Math.random().toString().repeat(5000));
      } finally {
        ended = true;
      }
    }
    for await (const _ of writeArchive({ ...content(STATE), sizeBytes: 1e9, chunks: endless() })) break;
    assert.equal(ended, true);
  });
});

describe("a broken snapshot archive is refused before its state can be used", () => {
  const cases: readonly (readonly [string, () => Promise<Buffer>, RegExp])[] = [
    ["nothing", async () => Buffer.alloc(0), /^failed to decompress snapshot: EOF$/],
    ["rubbish", async () => Buffer.from("some rubbish that is longer"), /^failed to decompress snapshot: gzip: invalid header$/],
    ["a gzip of rubbish", async () => gzipSync(Buffer.alloc(2000, 65)), /^failed to read snapshot file: failed reading snapshot: /],
    ["a file cut short", async () => (await gather(writeArchive(content(STATE)))).subarray(0, 400), /^failed to read snapshot file: .*unexpected EOF$/],
    ["no checksums", () => archiveOf({ "meta.json": "{}", "state.bin": "x" }), /integrity of snapshot: file missing for "meta.json"$/],
    ["a strange file", () => archiveOf({ extra: "x" }), /unexpected file "extra" in snapshot$/],
    [
      "a wrong checksum",
      () => archiveOf({ "meta.json": "{}", "state.bin": "x", SHA256SUMS: `${"0".repeat(64)}  meta.json\n` }),
      /hash check failed for "meta.json"$/,
    ],
  ];
  for (const [what, make, message] of cases) {
    it(what, async () => {
      const bytes = await make();
      await assert.rejects(read(bytes), { code: "internal", message });
      await assert.rejects(inspectArchive(chunksOf(bytes)), { code: "internal", message });
      assert.deepEqual(await readdir(folder), []);
    });
  }

  it("one flipped bit anywhere", async () => {
    const state = Buffer.from(Array.from({ length: 3000 }, (_, at) => (at * 7919) % 251));
    const whole = await gather(writeArchive(content(state)));
    for (let at = 12; at < whole.length; at += 37) {
      const broken = Buffer.from(whole);
      broken[at] = (broken[at] ?? 0) ^ 0x10;
      const header = await inspectArchive(chunksOf(broken)).catch(() => undefined);
      if (header !== undefined) assert.deepEqual(header.configuration, META.configuration, `byte ${at}`); // a bit that tells nothing, such as a file's date
    }
  });

  it("a state that Consul wrote", async () => {
    const header = await inspectArchive(chunksOf(await gather(writeArchive(content(STATE)))));
    refuseForeignState(header);
    assert.throws(() => refuseForeignState({ ...header, stateFormat: undefined }), { code: "internal", message: /written by Consul/ });
    assert.throws(() => refuseForeignState({ ...header, stateFormat: 9 }), { message: /format 9 is newer than 1/ });
  });
});

function content(state: Buffer) {
  return { meta: META, id: "3-42-99", sizeBytes: state.length, chunks: chunksOf(state) };
}

function read(bytes: Buffer) {
  return readArchive(chunksOf(bytes), { files, spoolPath: join(folder, "spool") });
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
}

async function gather(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

async function archiveOf(contents: Readonly<Record<string, string>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, text] of Object.entries(contents)) tar.entry({ name }, text);
  tar.finalize();
  return gzipSync(await gather(tar as AsyncIterable<Uint8Array>));
}
