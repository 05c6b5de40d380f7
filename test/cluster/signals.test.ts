import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { freeLoopback } from "../support/addresses.ts";
import { RunningProgram, removeFolder, scratchFolder } from "../support/processes.ts";
import { PROGRAM } from "../support/programs.ts";
import { until } from "../support/until.ts";

describe("a signal to an agent that is still starting", { timeout: 120_000 }, () => {
  let folder = "";
  let silent: Server;

  before(async () => {
    folder = scratchFolder("signals");
    silent = createServer();
    silent.listen(8301, `${await freeLoopback()}.1`);
    await once(silent, "listening");
  });
  after(() => {
    silent.close();
    removeFolder(folder);
  });

  for (const [kind, signal, code] of [
    ["server", "SIGTERM", 1],
    ["server", "SIGINT", 1],
    ["client", "SIGINT", 0],
  ] as const) {
    it(`ends it on ${signal} as a ${kind} with exit code ${code}, in order; SIGHUP does not`, async () => {
      const address = `${await freeLoopback()}.1`;
      const at = silent.address();
      assert(at !== null && typeof at === "object");
      const data = join(folder, `${kind}-${signal}`);
      const pidFile = `${data}.pid`;
      const file = `${data}.json`;
      // whom it is to join takes its connection and says nothing
      const settings = { data_dir: data, pid_file: pidFile, server: kind === "server", bootstrap: kind === "server", start_join: [at.address] };
      writeFileSync(file, JSON.stringify({ ...settings, bind_addr: address, client_addr: address, disable_update_check: true }));
      const agent = new RunningProgram({ command: PROGRAM, args: ["agent", `-config-file=${file}`], logFile: `${data}.log` });

      await once(silent, "connection");
      agent.signal("SIGHUP");
      await until("it has taken the first signal", async () => !/^ShdPnd:\s*0*1$/m.test(readFileSync(`/proc/${agent.pid}/status`, "utf8")));
      agent.signal(signal);

      assert.deepEqual(await agent.exited, { code, signal: null }, agent.log());
      assert.match(agent.log(), /Caught a signal: signal=SIGHUP[\s\S]*Ending the start on a signal/);
      for (const left of [join(data, "lock"), pidFile]) assert.equal(existsSync(left), false, left);
    });
  }
});
