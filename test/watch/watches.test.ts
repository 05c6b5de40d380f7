import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { KvorumError } from "../../src/base/errors.ts";
import type { JsonObject, JsonValue } from "../../src/base/json.ts";
import { Scope } from "../../src/base/scope.ts";
import { type RealPlatform, realPlatform } from "../../src/platform/index.ts";
import { decodeWatches, Watches } from "../../src/watch/index.ts";
import { isAlive, removeFolder, scratchFolder } from "../support/processes.ts";
import { until } from "../support/until.ts";

/** An agent that shows one value, and answers who waits when it is another. */
class ShownValue {
  #index = 7;
  #value: JsonValue = { web: [] };
  readonly #waiting = new Set<() => void>();
  questions = 0;

  set(value: JsonValue): void {
    this.#index += 1;
    this.#value = value;
    for (const wake of this.#waiting) wake();
  }

  async read(index: string | undefined, signal: AbortSignal): Promise<{ value: JsonValue; index: string }> {
    this.questions += 1;
    if (index === String(this.#index)) {
      await new Promise<void>((resolve, reject) => {
        const wake = (): void => (signal.aborted ? reject(new KvorumError("unavailable", "aborted")) : resolve());
        this.#waiting.add(wake);
        signal.addEventListener("abort", wake);
      });
    }
    return { value: this.#value, index: String(this.#index) };
  }
}

describe("watches of an agent", () => {
  let folder = "";
  let scope: Scope;
  let platform: RealPlatform;
  let shown: ShownValue;
  const log: string[] = [];

  beforeEach(() => {
    folder = scratchFolder("watches");
    scope = new Scope();
    log.length = 0;
    platform = realPlatform(scope, { log: { level: "trace", write: (text) => void log.push(text) } });
    shown = new ShownValue();
  });
  afterEach(async () => {
    await scope[Symbol.asyncDispose]();
    removeFolder(folder);
  });

  async function started(definitions: readonly JsonObject[], dataDir = ""): Promise<Watches> {
    const watches = scope.use(
      await Watches.open({
        folder: dataDir,
        platform,
        logger: platform.log.logger.named("watch"),
        askerWith: () => ({ ask: (_question, { index, signal }) => shown.read(index, signal), [Symbol.dispose]() {} }),
      }),
    );
    await watches.configure(decodeWatches(definitions));
    return watches;
  }

  const noting = (name: string, more: JsonObject = {}): JsonObject => ({
    type: "services",
    args: ["sh", "-c", `echo $CONSUL_INDEX $(cat) >> ${join(folder, name)}`],
    ...more,
  });
  const noted = (name: string): string => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : "");

  it("hand JSON and index to a program, at the first sight and at each change", async () => {
    await started([noting("a"), { type: "services", handler: `echo $CONSUL_INDEX $(cat) >> ${join(folder, "b")}` }]);
    await until("both have the first", async () => noted("a") !== "" && noted("b") !== "");
    shown.set({ web: ["v2"] });
    await until("both have the second", async () => noted("a").includes("v2") && noted("b").includes("v2"));

    assert.equal(noted("a"), '7 {"web":[]}\n8 {"web":["v2"]}\n');
    assert.equal(noted("b"), noted("a"));
    assert.ok(log.some((line) => line.includes("'handler' of a watch is outdated")));
  });

  it("do not fire again after a restart with nothing new, but for what changed meanwhile, and where they are told to", async () => {
    const definitions = [noting("a"), noting("b", { fire_on_start: true })];
    const before = await started(definitions, folder);
    await until("both have fired and kept it", async () => noted("a") !== "" && noted("b") !== "" && readdirSync(join(folder, "watches")).length === 2);
    await before[Symbol.asyncDispose]();

    const again = await started(definitions, folder);
    await until("the one that is told to has fired", async () => noted("b").split("\n").length === 3);
    await until("the other one waits", async () => shown.questions >= 6);
    await again[Symbol.asyncDispose]();
    shown.set({ web: ["v2"] });
    await started(definitions, folder);
    await until("the change is told", async () => noted("a").includes("v2"));

    assert.equal(noted("a"), '7 {"web":[]}\n8 {"web":["v2"]}\n');
  });

  it("follow a reload: what stays runs on without firing, what is new begins, what is gone ends and is forgotten", async () => {
    const watches = await started([noting("a"), noting("b")], folder);
    await until("both have fired", async () => noted("a") !== "" && noted("b") !== "");

    await watches.configure(decodeWatches([noting("a"), noting("c")]));
    await until("the new one has fired and kept it", async () => noted("c") !== "" && readdirSync(join(folder, "watches")).length === 2);
    shown.set({});
    await until("both have the change", async () => noted("a").includes("{}") && noted("c").includes("{}"));

    assert.equal(watches.count, 2);
    assert.equal(noted("a"), '7 {"web":[]}\n8 {}\n');
    assert.equal(noted("b"), '7 {"web":[]}\n');
  });

  it("run one handler at a time: what changes meanwhile comes with the next run, once", async () => {
    const gate = join(folder, "gate");
    await started([{ type: "services", args: ["sh", "-c", `cat >> ${join(folder, "a")}; while [ ! -e ${gate} ]; do sleep 0.02; done`] }]);
    await until("the first run waits", async () => noted("a") !== "");
    for (const tag of ["v2", "v3", "v4"]) shown.set({ web: [tag] });
    assert.equal(noted("a"), '{"web":[]}\n');
    await platform.files.replace(gate, Buffer.alloc(0));
    await until("the last state has come", async () => noted("a").includes("v4"));

    assert.equal(noted("a"), '{"web":[]}\n{"web":["v4"]}\n');
  });

  it("end a handler with all it started when they stop, and hand the change over anew next time", async () => {
    const long = [{ type: "services", args: ["sh", "-c", `cat >> ${join(folder, "a")}; sleep 300 & echo $! > ${join(folder, "pid")}; wait`] }];
    const watches = await started(long, folder);
    await until("it runs", async () => noted("pid").endsWith("\n"));
    const pid = Number(noted("pid"));
    await watches[Symbol.asyncDispose]();

    await until("its child has ended", async () => !isAlive(pid));
    assert.equal(existsSync(join(folder, "watches")), false);
    const again = await started(long, folder);
    await until("it is handed over anew", async () => noted("a") === '{"web":[]}\n{"web":[]}\n');
    await again[Symbol.asyncDispose]();
  });

  it("kill a handler after handler_timeout and tell of failures in the log", async () => {
    await started([
      { type: "services", args: ["sleep", "300"], handler_timeout: "50ms" },
      { type: "services", args: ["sh", "-c", "echo why; exit 3"] },
      { type: "services", args: ["/nosuch/program"] },
      { type: "services", handler_type: "http", http_handler_config: { path: "http://127.0.0.1:1/" } },
    ]);
    const words = ["took too long", "exit status 3", "fork/exec /nosuch/program: no such file or directory", "connect: connection refused"];

    await until("all are told", async () => words.every((word) => log.some((line) => line.includes("[ERROR]") && line.includes(word))));
  });

  it("call an HTTP handler with JSON, index and the headers that are wanted", async () => {
    const calls: { readonly line: string; readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      calls.push({ line: `${request.method} ${request.url}`, headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(calls.length === 1 ? 200 : 500).end("no");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    scope.defer(() => void server.close());
    const path = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;

    await started([{ type: "services", handler_type: "http", http_handler_config: { path, method: "PUT", header: { "X-Own": ["a"] } } }]);
    await until("it was called", async () => calls.length === 1);
    shown.set({});
    await until("its failure is told", async () => log.some((line) => line.includes("HTTP watch handler failed with output")));

    const [first, second] = calls;
    assert.equal(first?.line, "PUT /hook");
    assert.equal(first?.body, '{"web":[]}\n');
    assert.equal(second?.body, "{}\n");
    assert.equal(first?.headers["x-consul-index"], "7");
    assert.equal(first?.headers["x-own"], "a");
    assert.equal(first?.headers["content-type"], "application/json");
  });

  it("fire once more when what they kept cannot be read, and say so", async () => {
    const watches = await started([noting("a")], folder);
    await until(
      "it has fired and kept it",
      async () => noted("a") !== "" && existsSync(join(folder, "watches")) && readdirSync(join(folder, "watches")).length === 1,
    );
    await watches[Symbol.asyncDispose]();
    const [name = ""] = readdirSync(join(folder, "watches"));
    await platform.files.replace(join(folder, "watches", name), Buffer.from("{"));

    await started([noting("a")], folder);
    await until("it fires", async () => noted("a").split("\n").length === 3);
    assert.ok(log.some((line) => line.includes("[WARN]") && line.includes(name)));
  });
});
