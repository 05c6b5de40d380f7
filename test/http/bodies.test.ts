import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KvorumError } from "../../src/base/errors.ts";
import { until } from "../support/until.ts";
import { get, put, start } from "./started.ts";
import { answersIn, bodyOf, openSilently, statusOf, talk } from "./wire-client.ts";

describe("bodies", () => {
  it("of keys are bounded by what was announced (limits.kv_max_value_size)", async () => {
    const { port, backend } = await start({}, { kvMaxValueBytes: 10 });
    const answer = await put(port, "/v1/kv/a", "12345678901");
    assert.equal(statusOf(answer), 413);
    assert.equal(bodyOf(answer), "Request body(11 bytes) too large, max size: 10 bytes. See https://www.consul.io/docs/agent/options.html#kv_max_value_size.");
    assert.equal(statusOf(await put(port, "/v1/kv/a", "1234567890")), 200);
    assert.equal(backend.asked.length, 1);
  });

  it("of keys in chunks may be longer, but not without end", async () => {
    const { port, backend } = await start({}, { kvMaxValueBytes: 10 });
    const chunked = (size: number) =>
      talk(port, `PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${size.toString(16)}\r\n${"v".repeat(size)}\r\n0\r\n\r\n`);
    assert.deepEqual([statusOf((await chunked(11)).text), statusOf((await chunked(100)).text)], [200, 413]);
    assert.equal(backend.asked.length, 1);
  });

  it("that never end are not waited for by others", async () => {
    const { port } = await start();
    const half = await openSilently(port);
    half.write("PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
    assert.equal(statusOf(await get(port, "/v1/status/leader")), 200);
    half.destroy();
  });

  it("of a restore go through as they come", async () => {
    const { port, backend } = await start();
    assert.equal(statusOf(await put(port, "/v1/snapshot", "x".repeat(200_000))), 200);
    assert.equal(backend.restored, 200_000);
  });

  it("of a restore that fails at once are let run out, so that the client hears why", async () => {
    const { port, backend } = await start();
    backend.restoreSnapshot = async ({ body }) => {
      for await (const _ of body) throw new KvorumError("internal", "not a snapshot");
    };
    const restore = `PUT /v1/snapshot HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n${"x".repeat(2_000_000)}`;
    const { text } = await talk(port, `${restore}GET /v1/status/leader HTTP/1.1\r\nHost: x\r\n\r\n`, (heard) => answersIn(heard).length === 2);
    assert.deepEqual(answersIn(text).map(statusOf), [500, 200]);
    assert.equal(bodyOf(answersIn(text)[0] ?? ""), "not a snapshot");
  });

  it("of a restore that fails in the middle of a pipeline end nothing but that (and the request is logged)", async () => {
    const { port, backend, log } = await start();
    backend.restoreSnapshot = async ({ body }) => {
      const chunks = body[Symbol.asyncIterator]();
      await chunks.next();
      await chunks.throw?.(new KvorumError("internal", "not a snapshot")); // as a stream that is made of it does
    };
    const lines: string[] = [];
    using _listening = log.listen("debug", ({ message }) => lines.push(message));
    const answer = await put(port, "/v1/snapshot", "x".repeat(2_000_000));
    assert.deepEqual([statusOf(answer), bodyOf(answer)], [500, "not a snapshot"]);
    await until("it is logged", () => lines.includes("Request finished"));
  });

  it("are asked for only when somebody will read them (Expect: 100-continue)", async () => {
    const { port } = await start({}, { kvMaxValueBytes: 10 });
    const asked = (length: number, body: string, answers: number) =>
      talk(
        port,
        `PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\n\r\n${body}`,
        (heard) => answersIn(heard).length === answers,
      );
    const taken = await asked(3, "xyz", 2);
    assert.deepEqual([answersIn(taken.text).map(statusOf), taken.closed], [[100, 200], false]);
    const refused = await asked(11, "", 1);
    assert.deepEqual([answersIn(refused.text).map(statusOf), refused.closed], [[413], true]);
  });
});
