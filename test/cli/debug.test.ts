import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { extract } from "tar-stream";
import { archiveFolder } from "../../src/cli/debug/archive.ts";
import { Capture, type Target } from "../../src/cli/debug/capture.ts";
import { Client } from "../../src/client/index.ts";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import { kvorum } from "./support.ts";

describe("debug", () => {
  let folder = "";
  let server: Server;
  let address = "";
  const debugOn = false;

  before(async () => {
    folder = scratchFolder("debug");
    server = createServer((request, response) => {
      const path = request.url ?? "";
      if (path.startsWith("/v1/agent/self")) response.end(JSON.stringify({ Config: { Version: "1.8.7" }, DebugConfig: { EnableDebug: debugOn } }));
      else if (path.startsWith("/v1/agent/members")) response.end(path.includes("wan=1") ? "[]" : "null");
      else if (path.startsWith("/v1/agent/metrics")) response.end('{"Gauges":[]}');
      else if (path.startsWith("/v1/agent/monitor")) response.write(path.includes("loglevel=DEBUG") ? "a line\n" : "");
      else if (path.startsWith("/debug/pprof/profile")) response.setHeader("content-type", "application/octet-stream").end(path);
      else response.writeHead(path.startsWith("/v1/agent/host") ? 500 : 404).end("no");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    removeFolder(folder);
  });

  const env = (): Readonly<Record<string, string>> => ({ CONSUL_HTTP_ADDR: address });

  /** Consul's own words, asked of it one by one. */
  const refused: readonly (readonly [argv: readonly string[], err: string])[] = [
    [["-duration=1s"], "==> Capture validation failed: duration must be longer than 10s\n"],
    [["-interval=1s"], "==> Capture validation failed: interval must be longer than 10s\n"],
    [["-duration=10s", "-interval=20s"], "==> Capture validation failed: duration (10s) must be longer than interval (20s)\n"],
    [["-capture=bogus"], "==> Capture validation failed: target not found: bogus\n"],
    [["x"], "==> debug: Too many arguments provided, expected 0\n"],
    [
      ["-output=/proc/nosuch/x", "-capture=agent"],
      "==> Capture validation failed: could not create output directory: mkdir /proc/nosuch: no such file or directory\n",
    ],
    [
      ["-http-addr=127.0.0.1:1"],
      '==> Capture validation failed: error querying target agent: Get "http://127.0.0.1:1/v1/agent/self": dial tcp 127.0.0.1:1: connect: connection refused. verify connectivity and agent address\n',
    ],
  ];
  for (const [argv, err] of refused) {
    it(`refuses ${argv.join(" ")}`, async () => {
      assert.deepEqual(await kvorum(["debug", ...argv], { env: env() }), { code: 1, out: "", err });
    });
  }

  it("refuses to write where something is already", async () => {
    mkdirSync(join(folder, "there"));

    const { code, err } = await kvorum(["debug", `-output=${join(folder, "there")}`, "-capture=agent"], { env: env() });
    assert.deepEqual([code, err], [1, `==> Capture validation failed: output directory already exists: ${join(folder, "there")}\n`]);
  });

  it("captures what does not change without waiting, says what it could not have, and leaves profiles away that the agent does not give", async () => {
    const output = join(folder, "still");

    const { code, out, err } = await kvorum(
      ["debug", `-output=${output}`, "-archive=false", "-capture=agent", "-capture=cluster", "-capture=host", "-capture=pprof"],
      { env: env() },
    );
    assert.equal(code, 0);
    assert.match(err, /Unable to capture pprof/);
    assert.match(err, /Cannot capture host\.json: Unexpected response code: 500 \(no\)/);
    assert.match(out, /^ +Agent Version: '1\.8\.7'\n +Interval: '30s'\n +Duration: '2m0s'\n +Output: '.*still'\n +Capture: 'agent, cluster, host'\n/m);
    assert.deepEqual(readdirSync(output).sort(), ["agent.json", "cluster.json", "index.json"]);
    assert.deepEqual(JSON.parse(readFileSync(join(output, "index.json"), "utf8")), {
      Version: 1,
      AgentVersion: "1.8.7",
      Interval: "30s",
      Duration: "2m0s",
      Targets: ["agent", "cluster", "host"],
    });
  });

  it("makes one archive of it, and leaves no folder behind", async () => {
    const output = join(folder, "packed");

    const { code, out } = await kvorum(["debug", `-output=${output}`, "-capture=agent"], { env: env() });
    assert.equal(code, 0);
    assert.ok(out.endsWith(`    Saved debug archive: ${output}.tar.gz\n`));
    assert.equal(existsSync(output), false);
    assert.deepEqual(await namesIn(`${output}.tar.gz`), ["packed", "packed/agent.json", "packed/index.json"]);
  });

  it("writes metrics, log and profiles down interval after interval", async () => {
    const root = join(folder, "moving");
    mkdirSync(root);
    using client = new Client({ address });
    const said: string[] = [];
    const terminal = { print: (line: string) => void said.push(line), error: (line: string) => void said.push(line) };
    const targets: readonly Target[] = ["metrics", "logs", "pprof"];

    await new Capture({ client, terminal, folder: root, targets, durationMs: 1_300, intervalMs: 1_100, signal: new AbortController().signal }).moving();

    const intervals = readdirSync(root).sort();
    const [first = "", second = ""] = intervals;
    assert.equal(intervals.length, 2);
    assert.deepEqual(readdirSync(join(root, first)).sort(), ["consul.log", "metrics.json", "profile.prof"]);
    assert.equal(readFileSync(join(root, first, "consul.log"), "utf8"), "a line\n");
    assert.equal(readFileSync(join(root, second, "metrics.json"), "utf8"), '{\n\t"Gauges": []\n}');
    assert.equal(said.filter((line) => line.startsWith("==> Capture successful")).length, 2);
    assert.equal(said.filter((line) => line.startsWith("==> Cannot capture trace.out")).length, 2);
  });

  it("packs files of any size, empty ones too", async () => {
    const root = join(folder, "sizes");
    mkdirSync(root);
    for (const size of [0, 1, 511, 512, 200_000]) writeFileSync(join(root, `f${size}`), "x".repeat(size));

    await archiveFolder(root, join(folder, "sizes.tar.gz"), "sizes");
    const bytes = gunzipSync(readFileSync(join(folder, "sizes.tar.gz")));
    assert.equal(bytes.toString("latin1").split("x").length - 1, 1 + 511 + 512 + 200_000);
  });
});

async function namesIn(archive: string): Promise<readonly string[]> {
  const names: string[] = [];
  const tar = extract();
  tar.end(gunzipSync(readFileSync(archive)));
  for await (const entry of tar) {
    names.push(entry.header.name);
    entry.resume();
  }
  return names;
}
