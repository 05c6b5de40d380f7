import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { cannotRun } from "../support/missing.ts";
import { Network } from "../support/network.ts";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import { PROGRAM } from "../support/programs.ts";
import { ServerProcess } from "../support/server-process.ts";
import { until } from "../support/until.ts";
import { busyboxArchive, Daemon, missingForDocker } from "./daemon.ts";

const missing = missingForDocker();

interface Seen {
  readonly Status: string;
  readonly Output: string;
}

/** A check that runs a command in a container every second. */
function check(id: string, container: string, command: readonly string[], more: object = {}): object {
  return { ID: id, Name: id, DockerContainerID: container, Args: command, Interval: "1s", Timeout: "10s", Status: "critical", ...more };
}

describe("checks within containers of a real Docker daemon", { timeout: 120_000 }, () => {
  it("go by the exit code, keep the output, and are critical without their container", async (t: TestContext) => {
    if (missing !== undefined) {
      cannotRun(t, `${missing} (checks within containers)`);
      return;
    }
    const folder = scratchFolder("d");
    using network = new Network(1);
    const [place] = network.hosts;
    assert(place !== undefined);
    const agentFolder = join(folder, "agent");
    mkdirSync(agentFolder);
    const socket = join(folder, "h1", "s");
    const agent = new ServerProcess({
      program: PROGRAM,
      name: "a1",
      folder: agentFolder,
      config: { bootstrap_expect: 1, performance: { raft_multiplier: 1 }, enable_script_checks: true },
      env: { DOCKER_HOST: `unix://${socket}` },
      ...place,
    });
    await using daemon = new Daemon({ ...place, name: "h1", folder: join(folder, "h1"), store: `${place.address}:8500` });
    try {
      agent.start();
      await until("it takes writes", () => agent.api.put("ready", "yes"));
      await daemon.start();
      const image = join(folder, "busybox.tar");
      await busyboxArchive(image);
      await daemon.docker("import", "-c", 'CMD ["sh"]', image, "busybox:latest");
      await daemon.docker("run", "-d", "--name", "box", "--net", "none", "busybox", "sleep", "3600");

      const seen = async (id: string): Promise<Seen> => {
        const all = (await agent.api.json("GET", "/v1/agent/checks")) as Readonly<Record<string, Seen>>;
        const found = all[id];
        assert(found !== undefined && found.Output !== "", `${id} has been looked at`);
        return found;
      };
      const register = async (definition: object): Promise<void> => {
        const { status, body } = await agent.api.ask("PUT", "/v1/agent/check/register", { body: JSON.stringify(definition) });
        assert.equal(status, 200, body.toString());
      };
      await register(check("well", "box", ["sh", "-c", "hostname; sleep 0"]));
      await register(check("warned", "box", ["sh", "-c", "sleep 0; hostname; exit 1"]));
      await register(check("ill", "box", ["hostname; exit 7"], { Shell: "/bin/sh" }));
      await register(check("nowhere", "nobody", ["hostname"]));
      await register(check("long", "box", ["sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do hostname; done"], { OutputMaxSize: 20 }));

      const well = await until("it is well", async () => ((await seen("well")).Status === "passing" ? seen("well") : undefined));
      assert.match(well.Output, /^[0-9a-f]{12}\n$/, "the container's own name");
      const warned = await until("it is warned", async () => ((await seen("warned")).Status === "warning" ? seen("warned") : undefined));
      assert.equal(warned.Output, well.Output);
      assert.deepEqual(await until("it is ill", () => seen("ill")), { ...(await seen("ill")), Status: "critical", Output: well.Output });
      const nowhere = await until("there is no such container", () => seen("nowhere"));
      assert.equal(nowhere.Status, "critical");
      assert.match(nowhere.Output, /create exec failed for container nobody: .*404.*No such container: nobody/);
      const long = await until("the end of a long output is kept", () => seen("long"));
      assert.match(long.Output, /^Captured 20 of 117 bytes\n\.\.\.\n[0-9a-f]{6}\n[0-9a-f]{12}\n$/);

      await daemon.docker("rm", "-f", "box");
      const gone = await until("it is noticed that the container is gone", async () => ((await seen("well")).Status === "critical" ? seen("well") : undefined));
      assert.match(gone.Output, /No such container: box|is not running/);
    } finally {
      await agent.kill();
      removeFolder(folder);
    }
  });
});
