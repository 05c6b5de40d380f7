import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { freeLoopback } from "../support/addresses.ts";
import { cannotRun } from "../support/missing.ts";
import { RunningProgram, removeFolder, scratchFolder } from "../support/processes.ts";
import { PROGRAM, peer } from "../support/programs.ts";
import { until } from "../support/until.ts";
import { CONVERSATION } from "./conversation.ts";
import { kvorum, type Outcome } from "./support.ts";

const consul = peer("usr/bin/consul");
const MISSING = "consul 1.8.7, to compare the command line with word for word (scripts/peers)";

/** Lines that ask nobody, or nobody who is there, say the same whoever the agent is. */
const ASKS_NOBODY = (line: readonly string[]): boolean => line.includes("-http-addr=127.0.0.1:1") || line.includes("validate");

for (const { agent, program, lines } of [
  { agent: "Consul", program: consul, lines: CONVERSATION },
  { agent: "Kvorum", program: PROGRAM, lines: CONVERSATION.filter((line) => !ASKS_NOBODY(line)) },
]) {
  describe(`the command line beside Consul's own, on an agent of ${agent}`, () => {
    let folder = "";
    let address = "";
    let running: RunningProgram | undefined;

    before(async () => {
      if (consul === undefined || program === undefined) return;
      folder = scratchFolder("peer");
      address = `${await freeLoopback()}.1`;
      running = new RunningProgram({
        command: program,
        args: ["agent", "-dev", `-bind=${address}`, `-client=${address}`, "-node=peer"],
        logFile: join(folder, "log"),
      });
      await until("the agent leads", async () => ((await (await fetch(`http://${address}:8500/v1/status/leader`)).json()) as string) !== "");
      await until(
        "the agent knows itself",
        async () => ((await (await fetch(`http://${address}:8500/v1/catalog/nodes`)).json()) as readonly unknown[]).length === 1,
      );
    });

    after(async () => {
      await running?.kill();
      if (folder !== "") removeFolder(folder);
    });

    for (const line of lines) {
      it(`says the same to ${line.join(" ")}`, async (t) => {
        if (consul === undefined) return cannotRun(t, MISSING);
        const env = { CONSUL_HTTP_ADDR: `${address}:8500` };
        const words = (name: string): string[] => line.map((word) => placed(word, { name, address, folder }));
        const theirs = await consulSays(words("P1"), env);
        const ours = await kvorum(words("P2"), { env });
        assert.deepEqual(plain(ours), plain(theirs));
      });
    }
  });
}

describe("the help of commands beside Consul's own", () => {
  const commands =
    "catalog nodes,catalog services,event,exec,keyring,kv get,kv put,lock,maint,members,monitor,operator autopilot set-config,services register,watch";
  for (const command of commands.split(",")) {
    it(`has the same flags for ${command}`, async (t) => {
      if (consul === undefined) return cannotRun(t, MISSING);
      const argv = [...command.split(" "), "-h"];
      const flagsIn = ({ code, out }: Outcome): readonly (string | number)[] => [code, ...out.split("\n").filter((line) => line.startsWith("  -"))];
      assert.deepEqual(flagsIn(await kvorum(argv)), flagsIn(await consulSays(argv, {})));
    });
  }
});

/** A word of the conversation with its own keys, address and folder. */
function placed(word: string, { name, address, folder }: { readonly name: string; readonly address: string; readonly folder: string }): string {
  return word
    .replace("ADDRESS", address)
    .replace(/^(\/?)P(?=[/-]|$)/, `$1${name}`)
    .replace(/=P(?=[/-]|$)/, `=${name}`)
    .replace('"P/', `"${name}/`)
    .replace('"P/', `"${name}/`)
    .replace("SCRATCH/P", `${folder}/${name}`)
    .replace("SCRATCH", folder);
}

/** Without what must differ: the two sets of keys, indexes, times and counts. */
function plain({ code, out, err }: Outcome): Outcome {
  return { code, out: masked(out), err: masked(err) };
}

function masked(text: string): string {
  return text
    .replace(/P[12](?=[/.\s"-]|$)/g, "P")
    .replace(/Event ID: [0-9a-f-]{36}/g, "Event ID: N")
    .replace(/Index +\d+/g, "Index N")
    .replace(/(?<=\/abs\/)[0-9a-f-]{36}/, "N")
    .replace(/"(Create|Modify|Lock)Index": \d+/g, '"$1Index": N')
    .replace(/^Usage: (consul|kvorum) (.*)[\s\S]*/m, "Usage: $2")
    .replace(/(to index|_index =) \d+/g, "$1 N")
    .replace(/^ID +\d+-\d+-\d+$/m, "ID N")
    .replace(/^Size +\d+$/m, "Size N")
    .replace(/(goroutines|_queue|_time|last_snapshot_term) = \d+/g, "$1 = N");
}

function consulSays(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(consul ?? "", argv, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text;
    });
    child.on("close", (code) => resolve({ code: code ?? -1, out, err }));
  });
}
