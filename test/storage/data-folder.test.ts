import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { asNodeId } from "../../src/base/ids.ts";
import { configurationOf, forgetPeersFile, openDataFolder, readPeersFile, writePeersInfo } from "../../src/storage/index.ts";
import { Bench, batch, hardState } from "./fixture.ts";

const UUID = "0f2ad5fb-3c87-4b7e-9d62-6a0f3f1d7c11";

describe("openDataFolder", () => {
  it("makes a folder with a format file and a node id that stays", async () => {
    await using bench = await Bench.create();
    const options = { platform: bench.platform, folder: join(bench.folder, "new") };
    const ids: string[] = [];
    for (let start = 0; start < 2; start++) {
      await using data = await openDataFolder(options);
      ids.push(await data.nodeId(undefined));
    }

    assert.match(ids[0] ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(ids[1], ids[0]);
    assert.equal(await readFile(join(options.folder, "format.json"), "utf8"), '{"version":1}\n');
  });

  it("takes the node id that is wanted and keeps it, as Consul's -node-id", async () => {
    await using bench = await Bench.create();
    {
      await using data = await openDataFolder(bench);
      assert.equal(await data.nodeId(UUID.toUpperCase()), UUID);
      await assert.rejects(data.nodeId("n1"), { code: "config", message: 'Cannot use node id "n1": it is not a UUID' });
    }
    await using data = await openDataFolder(bench);
    assert.equal(await data.nodeId(undefined), UUID);
  });

  it("is one process's at a time, and free again afterwards", async () => {
    await using bench = await Bench.create();
    {
      await using _data = await openDataFolder(bench);
      await assert.rejects(openDataFolder(bench), { code: "disk", message: /^Cannot lock data directory ".*": process \d+ uses it$/ });
    }
    await using _again = await openDataFolder(bench);
  });

  it("refuses a newer format", async () => {
    await using bench = await Bench.create();
    await writeFile(join(bench.folder, "format.json"), '{"version":9}');

    await assert.rejects(openDataFolder(bench), { code: "disk", message: `Cannot open data directory "${bench.folder}": format 9 is newer than 1` });
    await writeFile(join(bench.folder, "format.json"), '{"version":1}');
    await using _data = await openDataFolder(bench); // and has let go of it meanwhile
  });

  it("refuses a format file that says nothing, and one that is missing beside a log", async () => {
    await using bench = await Bench.create();
    await writeFile(join(bench.folder, "format.json"), "{");
    await assert.rejects(openDataFolder(bench), { code: "corrupt", message: /format\.json": / });
    await using other = await Bench.create();
    {
      await using storage = await other.open();
      await storage.log.load();
      await storage.log.write(batch([], { hardState: hardState(1) }));
    }
    await assert.rejects(openDataFolder(other), { code: "corrupt", message: /format\.json": it is missing/ });
  });

  it("refuses the folder of a real Consul server and says what to do", async () => {
    await using bench = await Bench.create();
    await mkdir(join(bench.folder, "raft"));
    await writeFile(join(bench.folder, "raft", "raft.db"), "");

    await assert.rejects(openDataFolder(bench), { code: "disk", message: /belongs to a Consul server.*kv export.*kv import/ });
  });

  it("refuses a node-id file that holds none", async () => {
    await using bench = await Bench.create();
    await writeFile(join(bench.folder, "node-id"), "nobody");
    await using data = await openDataFolder(bench);

    await assert.rejects(data.nodeId(undefined), { code: "corrupt", message: /node-id": "nobody" is not a node id/ });
  });
});

describe("peers.json", () => {
  const known = { servers: [{ id: asNodeId("a"), address: "10.0.0.1:8300", suffrage: "learner", name: "n1" }] } as const;

  it("may list servers, as for Consul's raft protocol 3", async () => {
    await using bench = await withPeers('[{"id":"b","address":"10.0.0.2:8300"},{"id":"a","address":"10.0.0.9:8300","non_voter":true}]');
    const file = await readPeersFile(bench.platform.files, bench.folder);
    assert.ok(file !== undefined);

    assert.deepEqual(configurationOf(file, known), {
      servers: [
        { id: "a", address: "10.0.0.9:8300", suffrage: "learner", name: "n1" },
        { id: "b", address: "10.0.0.2:8300", suffrage: "voter", name: "" },
      ],
    });
    await forgetPeersFile(bench.platform.files, bench.folder);
    assert.equal(await readPeersFile(bench.platform.files, bench.folder), undefined);
  });

  it("may list addresses that the log knows, as for raft protocol 2", async () => {
    await using bench = await withPeers('["10.0.0.1:8300"]');
    const file = await readPeersFile(bench.platform.files, bench.folder);
    assert.ok(file !== undefined);

    assert.deepEqual(configurationOf(file, known), { servers: [{ id: "a", address: "10.0.0.1:8300", suffrage: "voter", name: "n1" }] });
    assert.throws(() => configurationOf(file, { servers: [] }), { code: "config", message: /knows no server at "10.0.0.1:8300"/ });
  });

  const faults: readonly (readonly [string, RegExp])[] = [
    ["{}", /not a list of servers/],
    ["[]", /not a list of servers/],
    ["[", /peers\.json": /],
    ["[1]", /server 1 is not an object/],
    ['[{"id":"a"}]', /server 1 has no address/],
    ['[{"address":"1.2.3.4:1"}]', /server 1 has no id/],
    ['[{"id":"a","address":"1.2.3.4"}]', /address "1\.2\.3\.4": it is not host:port/],
    ['[{"id":"a","address":"1.2.3.4:1"},{"id":"a","address":"1.2.3.5:1"}]', /"a" is there twice/],
    ['[{"id":"a","address":"1.2.3.4:1","non_voter":true}]', /none of the servers is a voter/],
    ['[{"id":"a","address":"1.2.3.4:1","non_voter":"no"}]', /non_voter is neither true nor false/],
  ];
  for (const [text, message] of faults) {
    it(`is refused with its fault: ${text}`, async () => {
      await using bench = await withPeers(text);
      await assert.rejects(readPeersFile(bench.platform.files, bench.folder), { code: "config", message });
    });
  }

  it("is explained in peers.info, which is written once", async () => {
    await using bench = await withPeers("[]");
    await writePeersInfo(bench.platform.files, bench.folder);
    const path = join(bench.folder, "raft", "peers.info");
    assert.match(await readFile(path, "utf8"), /non_voter/);
    await writeFile(path, "mine");
    await writePeersInfo(bench.platform.files, bench.folder);
    assert.equal(await readFile(path, "utf8"), "mine");
  });
});

async function withPeers(text: string): Promise<Bench> {
  const bench = await Bench.create();
  await mkdir(join(bench.folder, "raft"));
  await writeFile(join(bench.folder, "raft", "peers.json"), text);
  return bench;
}
