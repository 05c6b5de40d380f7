import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { freeLoopback } from "../support/addresses.ts";
import { cannotRun } from "../support/missing.ts";
import { RunningProgram, removeFolder, scratchFolder } from "../support/processes.ts";
import { PROGRAM, peer } from "../support/programs.ts";
import { until } from "../support/until.ts";
import { kvorum, type Outcome } from "./support.ts";

const consul = peer("usr/bin/consul");
const MISSING = "consul 1.8.7, to compare the command line with word for word (scripts/peers)";

/** Each is run by Consul's command line on keys under `P1/` and by Kvorum's under `P2/`, in this order, against the same agent. */
const CONVERSATION: readonly (readonly string[])[] = [
  ["kv", "put", "P/b", "1"],
  ["kv", "put", "P/c", ""],
  ["kv", "put", "-flags=18446744073709551615", "P/d", "xx"],
  ["kv", "put", "-base64", "P/e", "aGVsbG8="],
  ["kv", "put", "-cas", "-modify-index=5", "P/x", "y"],
  ["kv", "put", "-cas", "-modify-index=0", "P/x", "y"],
  ["kv", "put", "-release", "-session=abc", "P/x", "y"],
  ["kv", "put", "-acquire", "-session=11111111-1111-1111-1111-111111111111", "P/x", "y"],
  ["kv", "put"],
  ["kv", "put", "a", "b", "c"],
  ["kv", "put", "/abs", "v"],
  ["kv", "put", "", "v"],
  ["kv", "put", "P/f", "@/nosuch"],
  ["kv", "get", "P/b"],
  ["kv", "get", "/P/b"],
  ["kv", "get", "P/none"],
  ["kv", "get", "-detailed", "P/d"],
  ["kv", "get", "-recurse", "P/"],
  ["kv", "get", "-recurse", "-detailed", "P/"],
  ["kv", "get", "-recurse", "-base64", "P/"],
  ["kv", "get", "-keys", "P/"],
  ["kv", "get", "-keys", "P"],
  ["kv", "get", "-keys", "-separator=", "P"],
  ["kv", "get", "-keys", "P-none"],
  ["kv", "get"],
  ["kv", "get", "a", "b"],
  ["kv", "export", "P/"],
  ["kv", "export", "P-none"],
  ["kv", "import", '[{"key":"P/i1","flags":3,"value":"aGk="},{"key":"P/i2/","flags":0,"value":""}]'],
  ["kv", "import", "{"],
  ["kv", "import"],
  ["kv", "delete", "P/c"],
  ["kv", "delete", "-cas", "-modify-index=4", "P/b"],
  ["kv", "delete", "-cas", "P/b"],
  ["kv", "delete", "-recurse", "P/"],
  ["kv", "delete"],
  ["services", "register", "-name=P-web", "-port=80", "-tag=a", "-meta=k=v", "-tagged-address=lan=10.0.0.1:80"],
  ["services", "register", "-name=P-web", "-tagged-address=lan=10.0.0.1"],
  ["services", "register", "-name=P-web", "-kind=connect-proxy"],
  ["services", "register", "-name=P-web", "file.json"],
  ["services", "register", "/nosuch.json"],
  ["services", "register"],
  ["maint", "-enable", "-service=P-web", "-reason=moving"],
  ["maint"],
  ["maint", "-disable", "-service=P-web"],
  ["maint", "-enable", "-service=P-none"],
  ["maint", "-enable", "-reason=out"],
  ["maint"],
  ["maint", "-disable"],
  ["maint"],
  ["maint", "-enable", "-disable"],
  ["maint", "-reason=x"],
  ["maint", "-service=x"],
  ["catalog", "datacenters"],
  ["catalog", "datacenters", "x"],
  ["catalog", "nodes"],
  ["catalog", "nodes", "-detailed"],
  ["catalog", "nodes", "-near=_agent", "-stale"],
  ["catalog", "nodes", "-service=P-web", "-detailed"],
  ["catalog", "nodes", "-service=P-none"],
  ["catalog", "nodes", "-node-meta=rack=b"],
  ["catalog", "nodes", "-filter=Node == peer"],
  ["catalog", "nodes", "x"],
  ["catalog", "services", "-node=peer"],
  ["catalog", "services", "-node=nobody"],
  ["catalog", "services", "-node-meta=a=b", "-node-meta=c=d"],
  ["catalog", "services", "x"],
  ["watch", "-type=services"],
  ["watch", "-type=services", "-stale", "-key=a"],
  ["watch", "-type=nodes"],
  ["watch", "-type=service", "-service=P-web"],
  ["watch", "-type=service", "-service=P-web", "-passingonly=true", "-tag=a"],
  ["watch", "-type=service", "-service=P-web", "-passingonly=maybe"],
  ["watch", "-type=service"],
  ["watch", "-type=checks"],
  ["watch", "-type=checks", "-service=P-web"],
  ["watch", "-type=checks", "-state=critical"],
  ["watch", "-type=checks", "-state=any", "-service=P-web"],
  ["watch", "-type=connect_roots"],
  ["watch", "-type=connect_leaf", "-service=P-web"],
  ["watch", "-type=agent_service"],
  ["watch", "-type=key", "-key=P/none", "exit 3"],
  ["watch", "-type=key", "-key=P/none", "-shell=false", "nosuchprogram"],
  ["watch", "-type=key", "-key=P/none", "-shell=false", "/nosuch/program"],
  ["services", "deregister", "-id=P-web"],
  ["services", "deregister", "-id=P-web", "file.json"],
  ["services", "deregister"],
  ["members"],
  ["members", "-detailed"],
  ["members", "-status=left"],
  ["members", "-wan"],
  ["members", "-wan", "-detailed"],
  ["members", "-segment=_all"],
  ["members", "-segment="],
  ["members", "-segment=nosuch"],
  ["members", "-status=("],
  ["members", "-status=(?i)ALIVE"],
  ["join", "ADDRESS"],
  ["join", "-wan", "ADDRESS"],
  ["join", "ADDRESS", "ADDRESS:9"],
  ["join", "ADDRESS:9"],
  ["join", ""],
  ["force-leave", "nobody"],
  ["force-leave", "-prune", "nobody"],
  ["force-leave", ""],
  ["force-leave", "odd/name"],
  ["event", "-name=deploy"],
  ["event", "-name=deploy", "-node=peer", "-service=a", "-tag=b", "v2"],
  ["event", "-name=deploy", "-node=("],
  ["event", "-name=deploy", "-service=[a"],
  ["event", "-name=deploy", "-service=a", "-tag=a**"],
  ["event", "-name=deploy", "-tag=a"],
  ["event", "-name=deploy", "x".repeat(600)],
  ["watch", "-type=event", "-name=none"],
  ["watch", "-type=event", "-key=a"],
  ["exec"],
  ["exec", "-shell=false", "-"],
  ["exec", "-"],
  ["exec", "-tag=a", "true"],
  ["exec", "-node=(", "true"],
  ["exec", "-prefix=/abs", "true"],
  ["exec", "-datacenter=none", "true"],
  ["exec", "-wait=50ms", "-wait-repl=1ms", "-node=nobody", "true"],
  ["rtt", "nobody"],
  ["rtt", "peer", "nobody"],
  ["rtt", "-wan", "peer"],
  ["rtt", "-wan", "peer.dc1"],
  ["rtt", "-wan", "peer.dc1", "other.dc1"],
  ["rtt", "-wan", "a.b.c"],
  ["keyring", "-list"],
  ["keyring", "-list", "-local-only"],
  ["keyring", "-list-primary"],
  ["keyring", "-install=ToU4ERpaIbU0RVMKeFD8GgIrlMEZRH0MsttCHYSRfKE="],
  ["keyring", "-use=x"],
  ["keyring", "-remove=ToU4ERpaIbU0RVMKeFD8GgIrlMEZRH0MsttCHYSRfKE="],
  ["keyring", "-list", "-use=x"],
  ["keyring", "-list", "-relay-factor=9"],
  ["keyring", "-use=x", "-local-only"],
  ["operator", "raft", "list-peers"],
  ["operator", "raft", "remove-peer"],
  ["operator", "raft", "remove-peer", "-id=xx"],
  ["operator", "raft", "remove-peer", "-address=1.2.3.4:8300"],
  ["operator", "autopilot", "get-config"],
  ["operator", "autopilot", "set-config", "-max-trailing-logs=300"],
  ["operator", "autopilot", "get-config"],
  ["watch", "-type=key"],
  ["watch", "-type=key", "-key=P/none"],
  ["watch", "-type=keyprefix", "-prefix=P-none"],
  ["watch", "-type=bogus"],
  ["lock"],
  ["lock", "-n=0", "P/l", "true"],
  ["lock", "-verbose", "P/l", "true"],
  ["lock", "-verbose", "-n=2", "-child-exit-code", "P/s", "exit 3"],
  ["snapshot", "save", "SCRATCH/P.snap"],
  ["snapshot", "inspect", "SCRATCH/P.snap"],
  ["snapshot", "restore", "SCRATCH/P.snap"],
  ["snapshot", "restore", "SCRATCH/none"],
  ["snapshot", "save"],
  ["info"],
  ["reload"],
  ["validate"],
  ["validate", "nosuch"],
  ["kv", "get", "-http-addr=127.0.0.1:1", "x"],
  ["kv", "put", "-http-addr=127.0.0.1:1", "x", "y"],
  ["kv", "delete", "-http-addr=127.0.0.1:1", "x"],
  ["kv", "delete", "-http-addr=127.0.0.1:1", "-recurse", "x"],
  ["kv", "export", "-http-addr=127.0.0.1:1"],
  ["kv", "import", "-http-addr=127.0.0.1:1", '[{"key":"a"}]'],
  ["info", "-http-addr=127.0.0.1:1"],
  ["members", "-http-addr=127.0.0.1:1"],
  ["catalog", "datacenters", "-http-addr=127.0.0.1:1"],
  ["catalog", "nodes", "-http-addr=127.0.0.1:1"],
  ["catalog", "services", "-http-addr=127.0.0.1:1"],
  ["catalog", "services", "-http-addr=127.0.0.1:1", "-node=a"],
  ["operator", "raft", "list-peers", "-http-addr=127.0.0.1:1"],
  ["operator", "autopilot", "get-config", "-http-addr=127.0.0.1:1"],
  ["snapshot", "save", "-http-addr=127.0.0.1:1", "SCRATCH/none"],
  ["monitor", "-http-addr=127.0.0.1:1"],
  ["leave", "-http-addr=127.0.0.1:1"],
  ["join", "-http-addr=127.0.0.1:1", "a"],
  ["force-leave", "-http-addr=127.0.0.1:1", "a"],
  ["event", "-http-addr=127.0.0.1:1", "-name=x"],
  ["rtt", "-http-addr=127.0.0.1:1", "a"],
  ["keyring", "-http-addr=127.0.0.1:1", "-list"],
  ["reload", "-http-addr=127.0.0.1:1"],
  ["lock", "-http-addr=127.0.0.1:1", "a", "true"],
  ["watch", "-http-addr=127.0.0.1:1", "-type=key", "-key=a"],
  ["exec", "-http-addr=127.0.0.1:1", "true"],
];

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
