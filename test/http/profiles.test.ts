import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { type HttpServer, startHttp } from "../../src/http/index.ts";
import { RealProfiler } from "../../src/platform/profiler.ts";
import { until } from "../support/until.ts";
import { ScriptedBackend, TestLog, testOptions } from "./scripted-backend.ts";

describe("profiles", () => {
  let server: HttpServer | undefined;
  afterEach(async () => {
    await server?.[Symbol.asyncDispose]();
    server = undefined;
  });

  async function ask(path: string, profiler: RealProfiler | undefined): Promise<{ readonly status: number; readonly text: string }> {
    server ??= await startHttp({ ...testOptions(new ScriptedBackend({}), {}, new TestLog(), { profiler }), listenAddresses: ["127.0.0.1:0"] });
    const answer = await fetch(`http://${server.addresses[0]}/debug/pprof/${path}`);
    return { status: answer.status, text: await answer.text() };
  }

  it("are refused where enable_debug is off, as Consul refuses them", async () => {
    assert.deepEqual(await ask("heap", undefined), { status: 401, text: "ACL support disabled" });
  });

  it("tell of memory, and of what is waited for", async () => {
    const profiler = new RealProfiler();
    const heap = JSON.parse((await ask("heap", profiler)).text) as { Process: { rss: number }; Spaces: { Name: string }[] };
    const waits = JSON.parse((await ask("goroutine", profiler)).text) as Record<string, number>;

    assert.ok(heap.Process.rss > 0);
    assert.ok(heap.Spaces.some(({ Name }) => Name === "old_space"));
    assert.ok(Object.keys(waits).length > 0);
  });

  it("tell of the processor's time, one at a time, and end early for a client that goes", async () => {
    const profiler = new RealProfiler();
    let cancel: (() => void) | undefined;
    const first = profiler.processor(60_000, (given) => {
      cancel = given;
    });
    const second = await ask("profile?seconds=1", profiler);
    await until("it can be ended", () => cancel !== undefined);
    cancel?.();
    const profile = JSON.parse(await first) as { nodes: unknown[] };
    const third = await ask("profile?seconds=1", profiler);

    assert.ok(profile.nodes.length > 0);
    assert.deepEqual(second, { status: 500, text: "Could not enable CPU profiling: cpu profiling already in use" });
    assert.equal(third.status, 200);
    assert.ok((JSON.parse(third.text) as { nodes: unknown[] }).nodes.length > 0);
  });

  it("are no others", async () => {
    assert.deepEqual(await ask("nosuch", new RealProfiler()), { status: 404, text: "Unknown profile\n" });
    assert.equal((await ask("profile?seconds=x", new RealProfiler())).status, 400);
  });
});
