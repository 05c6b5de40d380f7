import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Scope } from "../../src/base/scope.ts";
import { parseAddress, type RealPlatform, realPlatform } from "../../src/platform/index.ts";
import { until } from "../support/until.ts";

/** A machine may stand still for as long. */
const CONNECT_MS = 30_000;

let folder: string;
let platform: RealPlatform;
const scope = new Scope();
const lines: string[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "kvorum-platform-"));
  platform = realPlatform(scope, { log: { level: "info", write: (text) => void lines.push(text) } });
});
after(async () => {
  await scope[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe("clock", () => {
  it("calls once after the time, and not when cancelled", async () => {
    const { clock } = platform;
    const begun = clock.now();
    let cancelled = 0;
    for (const ms of [0, 5, 2 ** 40]) clock.after(ms, () => void cancelled++)[Symbol.dispose]();
    await new Promise<void>((resolve) => clock.after(20, resolve));
    assert.ok(clock.now() - begun >= 19);
    await new Promise<void>((resolve) => clock.after(0, resolve));
    await new Promise<void>((resolve) => clock.soon(resolve));
    assert.equal(cancelled, 0);
    assert.ok(Math.abs(clock.wall() - Date.now()) < 1000);
  });
});

describe("random", () => {
  it("is even below any bound, and gives as many bytes as asked", () => {
    const counts = new Map([0, 1, 2].map((value) => [value, 0]));
    for (let round = 0; round < 9000; round++) {
      const value = platform.random.int(3);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    assert.deepEqual([...counts.keys()], [0, 1, 2]);
    for (const count of counts.values()) assert.ok(count > 2600 && count < 3400, `${count} of 9000`); // eight deviations from 3000
    for (let at = 0; at < 1000; at++) assert.ok(platform.random.int(2 ** 48) < 2 ** 48);
    assert.equal(platform.random.int(1), 0);
    for (const count of [0, 1, 16, 1023, 5000]) assert.equal(platform.random.bytes(count).length, count);
    assert.notDeepEqual(platform.random.bytes(16), platform.random.bytes(16));
    assert.throws(() => platform.random.int(0));
  });
});

describe("network", () => {
  it("carries bytes both ways and tells of the end", async () => {
    const heard: string[] = [];
    const ends: string[] = [];
    const listener = await platform.network.listen("127.0.0.1:0", (connection) => ({
      onData: (bytes) => {
        heard.push(bytes.toString());
        connection.write(Buffer.from("pong"));
      },
      onClose: (error) => void ends.push(`server ${error}`),
    }));
    assert.match(listener.address, /^127\.0\.0\.1:\d+$/);
    const answered = new Promise<string>((resolve, reject) => {
      platform.network
        .connect(
          listener.address,
          (connection) => ({
            onData: (bytes) => {
              resolve(bytes.toString());
              connection.end();
            },
            onClose: (error) => void ends.push(`client ${error}`),
          }),
          CONNECT_MS,
        )
        .then((connection) => {
          assert.equal(connection.remote, listener.address);
          assert.equal(connection.write(Buffer.from("ping")), true);
        }, reject);
    });
    assert.equal(await answered, "pong");
    await listener[Symbol.asyncDispose]();
    await until("both ends are told", () => ends.length === 2);
    assert.deepEqual(heard, ["ping"]);
    assert.deepEqual(ends.sort(), ["client undefined", "server undefined"]);
  });

  it("says when more should wait, how much does, and when it has gone", async () => {
    let drained = false;
    let received = 0;
    const count = (bytes: Buffer): void => {
      received += bytes.length;
    };
    const onDrain = (): void => {
      drained = true;
    };
    const listener = await platform.network.listen("127.0.0.1:0", (connection) => {
      connection.pause();
      platform.clock.after(30, () => connection.resume());
      return { onData: count, onClose: () => {} };
    });
    const none = { onData: () => {}, onClose: () => {} };
    const connection = await platform.network.connect(listener.address, () => ({ ...none, onDrain }), CONNECT_MS);
    let sent = 0;
    for (let goesOn = true; goesOn; sent += 1_000_000) goesOn = connection.write(Buffer.alloc(1_000_000));
    assert.ok(connection.buffered > 0);
    await until("all has been read", () => drained && received === sent);
    assert.equal(connection.buffered, 0);
    connection.destroy();
    assert.equal(connection.write(Buffer.from("late")), false);
    await listener[Symbol.asyncDispose]();
  });

  it("refuses with code unavailable: nobody there, no answer, an address in use, an address not ours", async () => {
    const handlers = () => ({ onData: () => {}, onClose: () => {} });
    await using listener = await platform.network.listen("127.0.0.1:0", handlers);
    await assert.rejects(platform.network.connect("127.0.0.1:1", handlers, CONNECT_MS), {
      code: "unavailable",
      message: /^Cannot connect to 127\.0\.0\.1:1: /,
    });
    await assert.rejects(platform.network.listen(listener.address, handlers), { code: "unavailable", message: /EADDRINUSE/ });
    await assert.rejects(platform.network.listen("203.0.113.1:0", handlers), { code: "unavailable" });
    await assert.rejects(platform.network.connect("nonsense", handlers, CONNECT_MS), { code: "bad-request" });
  });

  it("reads addresses of both families", () => {
    assert.deepEqual(parseAddress("10.0.0.1:8300"), { host: "10.0.0.1", port: 8300 });
    assert.deepEqual(parseAddress("[::1]:8300"), { host: "::1", port: 8300 });
    for (const address of ["10.0.0.1", "a:b", "::1:8300", "x:70000", ""]) assert.throws(() => parseAddress(address), { code: "bad-request" });
  });
});

describe("files", () => {
  it("reads, writes, replaces, lists and removes", async () => {
    const { files } = platform;
    const inner = join(folder, "a", "b");
    await files.makeFolder(inner);
    const path = join(inner, "file");
    assert.equal(await files.read(path), undefined);
    assert.equal(await files.size(path), undefined);
    const writer = await files.create(path);
    await writer.write(Buffer.from("hello "));
    await writer.write(Buffer.from("world"));
    await writer.sync();
    await writer.close();
    assert.equal((await files.read(path))?.toString(), "hello world");
    assert.equal((await files.readAt(path, 6, 100)).toString(), "world");
    await files.replace(path, Buffer.from("new"));
    assert.equal(await files.size(path), 3);
    await files.rename(path, join(inner, "other"));
    assert.deepEqual(await files.list(inner), ["other"]);
    await files.remove(join(folder, "a"));
    await files.remove(join(folder, "a"));
    assert.deepEqual(await files.list(inner), []);
  });

  it("fails with code disk and the path", async () => {
    const { files } = platform;
    await writeFile(join(folder, "plain"), "");
    await assert.rejects(files.create(join(folder, "none", "x")), { code: "disk", message: /^Cannot create ".*none\/x": ENOENT/ });
    await assert.rejects(files.readAt(join(folder, "none"), 0, 1), { code: "disk", message: /^Cannot read ".*none": ENOENT/ });
    await assert.rejects(files.list(join(folder, "plain")), { code: "disk", message: /ENOTDIR/ });
  });
});

describe("lock of a folder", () => {
  it("is taken over from a holder that was killed, and not from one that lives", async (t) => {
    const script = `
      import { RealFiles } from ${JSON.stringify(join(import.meta.dirname, "../../src/platform/files.ts"))};
      await new RealFiles().lock(${JSON.stringify(folder)});
      process.stdout.write("held");
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    t.after(() => child.kill("SIGKILL"));
    await once(child.stdout, "data");
    await assert.rejects(platform.files.lock(folder), { code: "disk", message: `Cannot lock data directory "${folder}": process ${child.pid} uses it` });
    child.kill("SIGKILL");
    await once(child, "exit");

    const lock = await platform.files.lock(folder);
    await lock[Symbol.asyncDispose]();
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.startsWith("lock")),
      [],
    );
  });

  it("is taken over when another process has got the holder's number", async () => {
    await writeFile(join(folder, "lock"), `${process.pid} 1 another-boot\n`);
    await using _lock = await platform.files.lock(folder);
    assert.match(await readFile(join(folder, "lock"), "utf8"), new RegExp(`^${process.pid} \\d+ [0-9a-f-]+\\n$`));
  });

  it("is won by one of many who find a stale one", async () => {
    await writeFile(join(folder, "lock"), "999999999 1 x\n");
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => platform.files.lock(folder)));
    const won = outcomes.filter((outcome) => outcome.status === "fulfilled");
    assert.equal(won.length, 1);
    for (const outcome of won) await outcome.value[Symbol.asyncDispose]();
  });
});

describe("log", () => {
  it("prints as Consul's agent does, from the level asked for, which may change", () => {
    lines.length = 0;
    const logger = platform.log.logger.named("server").named("raft");
    logger.debug("not seen");
    logger.info("entering follower state", { follower: "Node at 1", leader: "", n: 3, none: undefined, ok: true });
    platform.setLogLevel("error");
    logger.warn("not seen");
    platform.setLogLevel("trace");
    logger.trace("seen");
    platform.setLogLevel("info");
    assert.equal(lines.length, 2);
    assert.match(
      lines[0] ?? "",
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \[INFO\] {2}agent\.server\.raft: entering follower state: follower="Node at 1" leader= n=3 ok=true\n$/,
    );
    assert.match(lines[1] ?? "", / \[TRACE\] agent\.server\.raft: seen\n$/);
  });

  it("has a form in JSON, with Consul's names", async () => {
    await using own = new Scope();
    const printed: string[] = [];
    const json = realPlatform(own, { log: { level: "info", json: true, write: (text) => void printed.push(text) } });
    json.log.logger.warn("careful", { service: "a b" });
    const line = JSON.parse(printed[0] ?? "");
    assert.deepEqual({ ...line, "@timestamp": 0 }, { "@level": "warn", "@message": "careful", "@module": "agent", "@timestamp": 0, service: "a b" });
    assert.match(line["@timestamp"], /^\d{4}-.*\.\d{6}Z$/);
  });

  it("gives listeners what they ask for until they have enough", () => {
    const heard: string[] = [];
    const listening = platform.log.listen("debug", (line) => void heard.push(`${line.level} ${line.message}`));
    platform.log.logger.debug("one");
    platform.log.logger.trace("two");
    listening[Symbol.dispose]();
    platform.log.logger.error("three");
    assert.deepEqual(heard, ["debug one"]);
  });
});

describe("loop lag", () => {
  it("tells how long the loop was kept", async () => {
    const stalls: number[] = [];
    using _listening = platform.loopLag.onStall((lagMs) => void stalls.push(lagMs));
    const begun = performance.now();
    while (performance.now() - begun < 400); // the stall itself
    // The loop may have been asked at any time before it began: what is told is shorter by up to that much.
    await until("the stall is told", () => stalls.some((lagMs) => lagMs >= 300));
  });
});

describe("signals", () => {
  it("come to the listener while it listens", async () => {
    const heard: string[] = [];
    const listening = platform.signals.onSignal((signal) => void heard.push(signal));
    process.kill(process.pid, "SIGHUP");
    await until("the signal is heard", () => heard.length === 1);
    listening[Symbol.dispose]();
    assert.deepEqual(heard, ["SIGHUP"]);
    assert.equal(process.listenerCount("SIGHUP"), 0);
  });
});
