import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Connection, Network } from "../../../src/platform/index.ts";
import { SimProcess } from "../engine/process.ts";
import { SimRandom } from "../engine/random.ts";
import { Scheduler } from "../engine/scheduler.ts";
import { CALM } from "../weather.ts";
import { Links } from "./links.ts";
import { SimInternet } from "./network.ts";

interface Ends {
  readonly scheduler: Scheduler;
  readonly links: Links;
  readonly internet: SimInternet;
  readonly server: SimProcess;
  readonly client: Network;
  readonly heard: string[];
  accepted: Connection | undefined;
}

async function twoHosts(): Promise<Ends> {
  const scheduler = new Scheduler();
  const links = new Links(new SimRandom(1, "links"), { ...CALM, lossRate: 0.1 });
  const internet = new SimInternet(scheduler, links);
  const server = new SimProcess(scheduler, "server", 1);
  const ends: Ends = {
    scheduler,
    links,
    internet,
    server,
    client: internet.network(new SimProcess(scheduler, "client", 2), "10.0.0.2"),
    heard: [],
    accepted: undefined,
  };
  void internet.network(server, "10.0.0.1").listen("10.0.0.1:80", (connection) => {
    ends.accepted = connection;
    return { onData: (bytes) => ends.heard.push(bytes.toString()), onClose: (error) => ends.heard.push(`closed ${error?.message ?? "well"}`) };
  });
  await scheduler.run(1);
  return ends;
}

function connect(ends: Ends, address: string): { connection: Connection | undefined; error: unknown; closed: string | undefined } {
  const result: ReturnType<typeof connect> = { connection: undefined, error: undefined, closed: undefined };
  const handlers = {
    onData: () => undefined,
    onClose: (error: Error | undefined) => {
      result.closed = error?.message ?? "well";
    },
  };
  ends.client
    .connect(address, () => handlers, 3_000)
    .then(
      (connection) => {
        result.connection = connection;
      },
      (error: unknown) => {
        result.error = error;
      },
    );
  return result;
}

describe("SimInternet", () => {
  it("carries bytes in order, late when segments are lost", async () => {
    const ends = await twoHosts();
    const dial = connect(ends, "10.0.0.1:80");
    await ends.scheduler.run(3_000);
    for (let n = 0; n < 50; n++) dial.connection?.write(Buffer.from(`${n},`));
    dial.connection?.end();
    await ends.scheduler.run(60_000);

    assert.equal(ends.heard.join(""), `${Array.from({ length: 50 }, (_, n) => `${n},`).join("")}closed well`);
    assert.equal(dial.closed, "well");
  });

  it("refuses where nobody listens, and times out where nothing gets through", async () => {
    const ends = await twoHosts();
    const refused = connect(ends, "10.0.0.1:81");
    await ends.scheduler.run(2_000);
    ends.links.cut("10.0.0.2", "10.0.0.1");
    const timedOut = connect(ends, "10.0.0.1:80");
    await ends.scheduler.run(4_000);

    assert.match(String(refused.error), /refused/);
    assert.match(String(timedOut.error), /timed out/);
  });

  it("holds bytes back while a cut lasts, and lets them go on afterwards", async () => {
    const ends = await twoHosts();
    const dial = connect(ends, "10.0.0.1:80");
    await ends.scheduler.run(3_000);
    const cut = ends.links.cut("10.0.0.2", "10.0.0.1");
    dial.connection?.write(Buffer.from("held"));
    await ends.scheduler.run(5_000);
    assert.deepEqual(ends.heard, []);
    cut[Symbol.dispose]();
    await ends.scheduler.run(5_000);

    assert.deepEqual(ends.heard, ["held"]);
  });

  it("tells the other end when a process dies, and says nothing when its machine lost power", async () => {
    const ends = await twoHosts();
    const dial = connect(ends, "10.0.0.1:80");
    await ends.scheduler.run(3_000);
    ends.links.powerOff("10.0.0.1");
    ends.server.kill();
    dial.connection?.write(Buffer.from("into the dark"));
    await ends.scheduler.run(3_000);
    assert.equal(dial.closed, undefined);
    ends.links.powerOn("10.0.0.1");
    await ends.scheduler.run(3_000);

    assert.equal(dial.closed, "read ECONNRESET");
  });
});
