import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { freeLoopback } from "../support/addresses.ts";
import { Api } from "../support/api.ts";
import { RunningProgram, removeFolder, scratchFolder } from "../support/processes.ts";
import { PROGRAM } from "../support/programs.ts";
import { until } from "../support/until.ts";

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A command line as a process of its own, whose output can be looked at while it runs. */
class Run {
  /** Those that may run still; what a failed test leaves behind would keep this process from ending. */
  static readonly #living = new Set<Run>();

  static killAll(): void {
    for (const run of Run.#living) run.signal("SIGKILL");
  }

  out = "";
  err = "";
  readonly ended: Promise<Ended>;
  readonly #child;

  constructor(program: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}, input = "") {
    this.#child = spawn(program, argv, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.out += text;
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.err += text;
    });
    this.#child.stdin.on("error", () => {}); // it need not read
    this.#child.stdin.end(input);
    Run.#living.add(this);
    this.ended = new Promise((resolve) =>
      this.#child.on("close", (code) => {
        Run.#living.delete(this);
        resolve({ code, out: this.out, err: this.err });
      }),
    );
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }
}

describe("an agent from the command line", { timeout: 400_000 }, () => {
  let folder = "";
  let address = "";
  let agent: RunningProgram;
  let api: Api;
  /** A script that ends when the test has made a file of this name. */
  const untilThere = (name: string): string => `until [ -e ${join(folder, name)} ]; do sleep 0.05; done`;
  const kvorum = (...argv: readonly string[]): Run => new Run(PROGRAM, argv, { CONSUL_HTTP_ADDR: `${address}:8500` });

  before(async () => {
    folder = scratchFolder("cli");
    address = `${await freeLoopback()}.1`;
    agent = new RunningProgram({
      command: PROGRAM,
      args: ["agent", "-dev", `-bind=${address}`, `-client=${address}`, "-node=cli", "-dns-port=-1"],
      logFile: join(folder, "log"),
    });
    api = new Api(address);
    await until("a leader", async () => (await api.leader()) !== "");
  });

  after(async () => {
    Run.killAll();
    api.close();
    await agent.kill();
    removeFolder(folder);
  });

  it("tells about itself before its log, in Consul's layout", async () => {
    const text = await until("the agent runs", () => (agent.log().includes("agent running!") ? agent.log() : undefined));
    assert.match(
      text,
      /^==> Starting Kvorum agent\.\.\.\n {11}Version: '1\.8\.7' \(Kvorum \d+\.\d+\.\d+\)\n {11}Node ID: '[0-9a-f-]{36}'\n {9}Node name: 'cli'\n {8}Datacenter: 'dc1'/,
    );
    assert.ok(text.indexOf("Log data will now stream in") < text.indexOf("[INFO]"));
  });

  it("holds a lock while a command runs, tells it so, and leaves nothing behind", async () => {
    const first = kvorum("lock", "-verbose", "l/one", `echo held=$CONSUL_LOCK_HELD; read line < /dev/null; ${untilThere("one")}`);
    await until("the lock is held", () => first.out.includes("held=true"));
    const late = await kvorum("lock", "-timeout=300ms", "l/one", "echo never").ended;
    assert.deepEqual(late, { code: 1, out: "", err: "Shutdown triggered or timeout during lock acquisition\n" });
    writeFileSync(join(folder, "one"), "");
    const { code, out } = await first.ended;
    assert.equal(code, 0);
    assert.match(
      out,
      /^Setting up lock at path: l\/one\/\.lock\nAttempting lock acquisition\nStarting handler\nheld=true\nChild terminated, releasing lock\nCleanup succeeded\n$/,
    );
    assert.equal((await api.ask("GET", "/v1/kv/l/?keys")).status, 404);
    assert.equal((await api.ask("GET", "/v1/session/list")).body.toString().trim(), "[]");
  });

  it("gives a lock to one at a time, in the end to all who wait", async () => {
    const file = join(folder, "order");
    const runs = Array.from({ length: 3 }, () => kvorum("lock", "l/turn", `echo in >> ${file}; sleep 0.2; echo out >> ${file}`));
    for (const run of runs) assert.equal((await run.ended).code, 0);
    assert.equal(readFileSync(file, "utf8"), "in\nout\n".repeat(3));
  });

  it("lets only so many into a semaphore", async () => {
    const file = join(folder, "seats");
    // The first to come in waits for a second one, so that two are there at once; a third, let in too early, would be seen.
    const second = `until [ $(grep -c in ${file}) -ge 2 ]; do sleep 0.05; done`;
    const runs = Array.from({ length: 3 }, () => kvorum("lock", "-n=2", "l/seats", `echo in >> ${file}; ${second}; sleep 0.5; echo out >> ${file}`));
    for (const run of runs) assert.equal((await run.ended).code, 0);
    let inside = 0;
    let most = 0;
    for (const word of readFileSync(file, "utf8").trim().split("\n")) {
      inside += word === "in" ? 1 : -1;
      most = Math.max(most, inside);
    }
    assert.equal(most, 2);
    const conflict = kvorum("lock", "-n=2", "l/limit", untilThere("limit"));
    await until("the semaphore is there", async () => (await api.ask("GET", "/v1/kv/l/limit/.lock")).status === 200);
    assert.equal((await kvorum("lock", "-n=3", "l/limit", "true").ended).err, "Lock acquisition failed: semaphore limit conflict (lock: 2, local: 3)\n");
    writeFileSync(join(folder, "limit"), "");
    await conflict.ended;
  });

  it("ends the command when the lock is lost", async () => {
    const run = kvorum("lock", "-verbose", "l/lost", "trap 'echo told; exit 7' TERM; echo ready; while :; do sleep 0.1; done");
    await until("the command runs", () => run.out.includes("ready"));
    const [entry] = JSON.parse((await api.ask("GET", "/v1/kv/l/lost/.lock")).body.toString()) as readonly { readonly Session: string }[];
    await api.ask("PUT", `/v1/session/destroy/${entry?.Session}`);
    const { out } = await run.ended;
    assert.match(out, /Lock lost, killing child\ntold\n/);
  });

  it("gives the child's failure as exit code 2 when asked to", async () => {
    assert.deepEqual(await kvorum("lock", "-child-exit-code", "l/f", "exit 3").ended, { code: 2, out: "", err: "Error running handler: exit status 3\n" });
    assert.equal((await kvorum("lock", "l/f", "exit 3").ended).code, 0);
    const missing = await kvorum("lock", "-shell=false", "-child-exit-code", "l/f", "no-such-program").ended;
    assert.deepEqual(missing, { code: 2, out: "", err: 'Error starting handler: exec: "no-such-program": executable file not found in $PATH\n' });
    const piped = new Run(PROGRAM, ["lock", "-pass-stdin", "l/f", "cat"], { CONSUL_HTTP_ADDR: `${address}:8500` }, "typed");
    assert.equal((await piped.ended).out, "typed");
  });

  it("runs a handler at each change of a key, with the state on its input", async () => {
    await api.ask("PUT", "/v1/kv/w/k", { body: "one" });
    const run = kvorum("watch", "-type=key", "-key=w/k", "cat; echo index=$CONSUL_INDEX");
    await until("the first run", () => run.out.includes("index="));
    assert.match(run.out, /^\{"Key":"w\/k","CreateIndex":\d+,"ModifyIndex":\d+,"LockIndex":0,"Flags":0,"Value":"b25l","Session":""\}\nindex=\d+\n$/);
    await api.ask("PUT", "/v1/kv/w/k", { body: "two" });
    await until("the second run", () => run.out.includes('"Value":"dHdv"'));
    await api.ask("DELETE", "/v1/kv/w/k");
    await until("the third run", () => run.out.includes("null\n"));
    run.signal("SIGINT");
    assert.equal((await run.ended).code, 0);
  });

  it("watches a prefix, and stops when a handler fails", async () => {
    await api.ask("PUT", "/v1/kv/p/a", { body: "1" });
    const { code, out, err } = await kvorum("watch", "-type=keyprefix", "-prefix=p/", "-shell=false", "sh", "-c", "cat; exit 3").ended;
    assert.match(out, /^\[\{"Key":"p\/a",/);
    assert.deepEqual({ code, err }, { code: 1, err: "Error executing handler: exit status 3\n" });
  });

  it("saves, inspects and restores a snapshot", async () => {
    const path = join(folder, "s.snap");
    await api.ask("PUT", "/v1/kv/snap", { body: "before" });
    assert.match((await kvorum("snapshot", "save", path).ended).out, /^Saved and verified snapshot to index \d+\n$/);
    await api.ask("PUT", "/v1/kv/snap", { body: "after" });
    assert.match((await kvorum("snapshot", "inspect", path).ended).out, /^ID {11}\d+-\d+-\d+\nSize {9}\d+\nIndex {8}\d+\nTerm {9}\d+\nVersion {6}1\n\n$/);
    assert.equal((await kvorum("snapshot", "restore", path).ended).out, "Restored snapshot\n");
    assert.equal((await kvorum("kv", "get", "snap").ended).out, "before\n");
  });

  it("shows its log to whoever monitors", async () => {
    const run = kvorum("monitor", "-log-level=debug");
    await until("a line", async () => {
      await kvorum("reload").ended;
      return run.out.includes("[");
    });
    run.signal("SIGINT");
    assert.equal((await run.ended).code, 0);
  });

  it("ends with 1 on SIGTERM, as a server that does not leave, and with 0 when told to leave", async () => {
    const other = `${await freeLoopback()}.1`;
    const start = (): Run => new Run(PROGRAM, ["agent", "-dev", `-bind=${other}`, `-client=${other}`, "-dns-port=-1", `-pid-file=${join(folder, "pid")}`]);
    const first = start();
    await until("it runs", () => first.out.includes("agent running!"));
    assert.ok(existsSync(join(folder, "pid")));
    first.signal("SIGTERM");
    assert.equal((await first.ended).code, 1);
    assert.ok(!existsSync(join(folder, "pid")));
    const second = start();
    await until("it runs", () => second.out.includes("agent running!"));
    const left = await new Run(PROGRAM, ["leave", `-http-addr=${other}:8500`]).ended;
    assert.deepEqual(left, { code: 0, out: "Graceful leave complete\n", err: "" });
    assert.equal((await second.ended).code, 0);
  });

  it("says which address is taken", async () => {
    const { code, err } = await new Run(PROGRAM, ["agent", "-dev", `-bind=${address}`, `-client=${address}`]).ended;
    assert.equal(code, 1);
    assert.match(err, new RegExp(`^==> Error starting agent: .*${address.replaceAll(".", "\\.")}`, "m"));
  });

  it("suggests what to try when npm start runs it", async () => {
    const other = `${await freeLoopback()}.1`;
    const run = new Run(PROGRAM, ["agent", "-dev", `-bind=${other}`, `-client=${other}`], { npm_lifecycle_event: "start" });
    await until("it suggests", () => run.out.includes(`curl http://${other}:8500/v1/kv/greeting?raw`));
    run.signal("SIGTERM");
    await run.ended;
  });
});
