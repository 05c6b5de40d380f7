import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { freeLoopback } from "../support/addresses.ts";
import { cannotRun } from "../support/missing.ts";
import { RunningProgram, removeFolder, scratchFolder } from "../support/processes.ts";
import { PROGRAM, peer } from "../support/programs.ts";
import { until } from "../support/until.ts";

const consul = peer("usr/bin/consul");
const MISSING = "consul 1.8.7, whose agents and command line run exec with ours (scripts/peers)";

/** Arguments, what standard input brings, the code that exec ends with, and what it prints of the node. */
const JOBS: readonly (readonly [argv: readonly string[], input: string, code: number, printed: readonly string[]])[] = [
  [["echo", "$((40 + 2))"], "", 0, ["    n1: 42", "==> n1: finished with exit code 0", "1 / 1 node(s) completed / acknowledged"]],
  [["-"], "#!/bin/sh\necho from script\nexit 4\n", 2, ["    n1: from script", "==> n1: finished with exit code 4"]],
  [["-shell=false", "-verbose", "/bin/echo", "a  b"], "", 0, ["==> n1: acknowledged", "    n1: a  b"]],
  [["-service=nobody", "true"], "", 0, ["0 / 0 node(s) completed / acknowledged"]],
];

describe("exec", { timeout: 400_000 }, () => {
  let folder = "";
  const agents: { readonly name: string; readonly address: string; readonly program: RunningProgram }[] = [];

  before(async () => {
    folder = scratchFolder("exec");
    writeFileSync(join(folder, "config.json"), JSON.stringify({ disable_remote_exec: false, disable_update_check: true, ports: { dns: -1 } }));
    for (const [name, command] of Object.entries({ ours: PROGRAM, consul })) {
      if (command === undefined) continue;
      const address = `${await freeLoopback()}.1`;
      const args = ["agent", "-dev", "-node=n1", `-bind=${address}`, `-client=${address}`, `-config-file=${join(folder, "config.json")}`];
      agents.push({ name, address, program: new RunningProgram({ command, args, logFile: join(folder, name) }) });
    }
    for (const { name, address } of agents) {
      const leader = async (): Promise<boolean> => ((await (await fetch(`http://${address}:8500/v1/status/leader`)).json()) as string) !== "";
      await until(`${name} leads`, leader);
    }
  });
  after(async () => {
    for (const { program } of agents) await program.kill();
    removeFolder(folder);
  });

  for (const [agent, program] of [
    ["ours", PROGRAM],
    ["ours", consul],
    ["consul", PROGRAM],
  ] as const) {
    it(`from the command line of ${program === PROGRAM ? "ours" : "consul"} runs on an agent of ${agent}`, async (t) => {
      const asked = agents.find(({ name }) => name === agent);
      if (program === undefined || asked === undefined) return cannotRun(t, MISSING);
      const ran = JOBS.map(async ([argv, input, code, printed]) => {
        // whoever is too slow for the asker's patience is asked again
        await until(`exec ${argv.join(" ")} is answered`, async () => {
          const said = await run(program, ["exec", "-wait=1500ms", ...argv], { address: asked.address, input });
          for (const line of printed) assert.ok(said.out.split("\n").includes(line), `no "${line}" in\n${said.out}`);
          assert.equal(said.code, code);
          return true;
        });
      });
      await Promise.all(ran);
      await until("nothing is left behind", async () => (await fetch(`http://${asked.address}:8500/v1/kv/_rexec?keys`)).status === 404);
    });
  }
});

function run(
  program: string,
  argv: readonly string[],
  { address, input }: { readonly address: string; readonly input: string },
): Promise<{ readonly code: number | null; readonly out: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, argv, { env: { ...process.env, CONSUL_HTTP_ADDR: `${address}:8500` }, stdio: ["pipe", "pipe", "pipe"] });
    let out = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        out += text;
      });
    child.stdin.end(input);
    child.on("close", (code) => resolve({ code, out }));
  });
}
