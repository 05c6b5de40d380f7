import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { RemoteExec } from "../../src/agent/index.ts";
import { byteStringToUtf8, bytesToByteString, utf8ToByteString } from "../../src/base/byte-string.ts";
import { Scope } from "../../src/base/scope.ts";
import type { Backend, RequestOf } from "../../src/model/index.ts";
import { realPlatform } from "../../src/platform/index.ts";
import { isAlive, removeFolder, scratchFolder } from "../support/processes.ts";
import { until } from "../support/until.ts";

/** A store of keys that one session holds; `gone`: the session has ended. */
class Keys {
  readonly values = new Map<string, string>();
  gone = false;
  readonly backend: Pick<Backend, "call"> = { call: ((method: string, request: unknown) => this.#call(method, request)) as Backend["call"] };

  async #call(method: string, request: unknown): Promise<unknown> {
    if (method === "KV.Get") {
      const value = this.values.get(byteStringToUtf8((request as RequestOf<"KV.Get">).key));
      return { value: value === undefined ? undefined : { value: utf8ToByteString(value) } };
    }
    const { write } = request as RequestOf<"KV.Apply">;
    assert.equal(write.verb, "lock");
    if (write.verb !== "lock" || this.gone) return false;
    assert.equal(write.session, "s1");
    this.values.set(byteStringToUtf8(write.key), byteStringToUtf8(bytesToByteString(write.value)));
    return true;
  }

  /** All output of the node, in order. */
  get output(): string {
    const names = [...this.values.keys()].filter((key) => key.startsWith("_rexec/s1/n1/out/")).sort();
    return names.map((key) => this.values.get(key)).join("");
  }
}

describe("RemoteExec", () => {
  let scope: Scope;
  let keys: Keys;
  let folder = "";
  let exec: RemoteExec;
  const log: string[] = [];

  beforeEach(() => {
    scope = new Scope();
    folder = scratchFolder("exec");
    log.length = 0;
    keys = new Keys();
    const platform = realPlatform(scope, { log: { level: "trace", write: (text) => void log.push(text) } });
    exec = scope.use(
      new RemoteExec({ nodeName: "n1", backend: keys.backend, clock: platform.clock, processes: platform.processes, logger: platform.log.logger }),
    );
  });
  afterEach(async () => {
    await scope[Symbol.asyncDispose]();
    removeFolder(folder);
  });

  const ask = (job: object | string, id = "e1"): void => {
    keys.values.set("_rexec/s1/job", typeof job === "string" ? job : JSON.stringify({ Command: "", Args: null, Script: null, Wait: 2_000_000_000, ...job }));
    exec.take({ id, payload: Buffer.from(JSON.stringify({ Prefix: "_rexec", Session: "s1" })) });
  };
  const exitCode = (): Promise<string> => until("the exit code is there", () => keys.values.get("_rexec/s1/n1/exit"));

  const jobs: readonly (readonly [what: string, job: object, output: string, code: string])[] = [
    ["a line for the shell", { Command: "echo $((1 + 2)); echo err >&2" }, "3\nerr\n", "0"],
    ["a program with arguments", { Args: ["/bin/echo", "a  b", "$HOME"] }, "a  b $HOME\n", "0"],
    ["a script", { Script: Buffer.from("#!/bin/sh\necho from script\nexit 4\n").toString("base64") }, "from script\n", "4"],
    ["a failure", { Command: "exit 3" }, "", "3"],
    ["what cannot be started", { Args: ["/nosuch"] }, "", "255"],
    ["what a signal ends", { Command: "kill -9 $$" }, "", "-1"],
  ];
  for (const [what, job, output, code] of jobs) {
    it(`acknowledges ${what}, sends its output and its exit code`, async () => {
      ask(job);

      assert.equal(await exitCode(), code);
      assert.equal(keys.values.get("_rexec/s1/n1/ack"), "");
      assert.equal(keys.output, output);
    });
  }

  it("sends a long output whole, in pieces of 4 KiB", async () => {
    ask({ Command: "seq 1 40000" });
    await exitCode();

    assert.equal(keys.output, Array.from({ length: 40_000 }, (_, at) => `${at + 1}\n`).join(""));
    assert.ok(Math.max(...[...keys.values.values()].map((value) => value.length)) <= 4_096);
  });

  it("shows that it lives while there is no output", async () => {
    ask({ Command: `while [ ! -e ${join(folder, "go")} ]; do sleep 0.02; done`, Wait: 100_000_000 });
    await until("two signs of life", () => keys.values.has("_rexec/s1/n1/out/00001"));

    assert.equal(keys.output, "");
    await scope[Symbol.asyncDispose]();
  });

  it("ends the program when the session has ended, or the agent", async () => {
    const sleeper = (name: string): string => `sleep 300 & echo $! > ${join(folder, name)}; wait`;
    ask({ Command: sleeper("a"), Wait: 100_000_000 }, "e1");
    await until("it runs", () => existsSync(join(folder, "a")) && readFileSync(join(folder, "a"), "utf8").endsWith("\n"));
    keys.gone = true;
    await until("it has ended", () => !isAlive(Number(readFileSync(join(folder, "a"), "utf8"))));

    keys.gone = false;
    ask({ Command: sleeper("b") }, "e2");
    await until("another one runs", () => existsSync(join(folder, "b")) && readFileSync(join(folder, "b"), "utf8").endsWith("\n"));
    await scope[Symbol.asyncDispose]();
    await until("it has ended as well", () => !isAlive(Number(readFileSync(join(folder, "b"), "utf8"))));
  });

  it("runs nothing for an event or a job that cannot be read, and says so", async () => {
    exec.take({ id: "e1", payload: Buffer.from("{") });
    exec.take({ id: "e2", payload: Buffer.from('{"Prefix":"_rexec","Session":"s9"}') });
    ask("[]", "e3");
    ask({ Args: [1] }, "e4");

    await until("all are told", () => log.filter((line) => line.includes("[ERROR]")).length === 4);
    assert.equal([...keys.values.keys()].join(" "), "_rexec/s1/job");
  });

  it("takes 32 at once and no more", async () => {
    for (let at = 0; at < 33; at++) ask({ Command: "true" }, `e${at}`);

    await exitCode();
    assert.equal(log.filter((line) => line.includes("Too many remote execs")).length, 1);
  });
});
