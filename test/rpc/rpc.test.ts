import assert from "node:assert/strict";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, it } from "node:test";
import { utf8ToByteString } from "../../src/base/byte-string.ts";
import { KvorumError } from "../../src/base/errors.ts";
import { Scope } from "../../src/base/scope.ts";
import type { Rpc } from "../../src/rpc/index.ts";
import { freeLoopback } from "../support/addresses.ts";
import { until } from "../support/until.ts";
import { backendOf, idOf, READ, startRpc, WRITE } from "./helpers.ts";

describe("Rpc", () => {
  let scope: Scope;
  let one: Rpc;
  let two: Rpc;

  beforeEach(async () => {
    scope = new Scope();
    one = await startRpc(scope, 1);
    two = await startRpc(scope, 2);
  });
  afterEach(() => scope[Symbol.asyncDispose]());

  const toTwo = () => ({ id: idOf(2), address: two.address });

  it("answers a call with what the method gave, bytes and 64-bit numbers included", async () => {
    const entry = {
      key: utf8ToByteString("ключ"),
      value: utf8ToByteString("\u0000ü"),
      flags: 18446744073709551615n,
      lockIndex: 0,
      session: "",
      createIndex: 4,
      modifyIndex: 2 ** 53 - 1,
    };
    two.serve(backendOf({ "KV.Get": async () => ({ value: entry, meta: { index: 7, lastContactMs: 0, knownLeader: true } }) }));

    const answer = await one.call(toTwo(), "KV.Get", { key: entry.key, options: READ });

    assert.deepEqual(answer, { value: entry, meta: { index: 7, lastContactMs: 0, knownLeader: true } });
  });

  it("carries an error with its code and text", async () => {
    two.serve(backendOf({ "Session.Destroy": () => Promise.reject(new KvorumError("conflict", "not today")) }));

    await assert.rejects(one.call(toTwo(), "Session.Destroy", { id: "x", options: WRITE }), { code: "conflict", message: "not today" });
  });

  it("hides a fault of its own behind `internal` and lives on", async () => {
    two.serve(backendOf({ "Session.Destroy": () => Promise.reject(new TypeError("oops")), "Status.Leader": async () => "here" }));

    await assert.rejects(one.call(toTwo(), "Session.Destroy", { id: "x", options: WRITE }), { code: "internal" });
    assert.equal(await one.call(toTwo(), "Status.Leader", { datacenter: "" }), "here");
  });

  it("refuses requests that are none of the method's, before they reach a handler", async () => {
    let asked = 0;
    two.serve(backendOf({ "KV.Apply": async () => ++asked > 0 }));
    const broken = { write: { verb: "set", key: 5 }, options: WRITE } as never;

    await assert.rejects(one.call(toTwo(), "KV.Apply", broken), { code: "bad-request" });
    await assert.rejects(one.call(toTwo(), "No.Such" as never, {} as never), { code: "not-found" });
    assert.equal(asked, 0);
  });

  it("refuses calls with `no-leader` while the other server starts: nothing was done", async () => {
    await assert.rejects(one.call(toTwo(), "Status.Leader", { datacenter: "" }), { code: "no-leader" });
  });

  it("ends a waiting call at the other end as soon as its client has gone", async () => {
    let gone = false;
    two.serve(backendOf({ "KV.Get": (_request, onCancel) => new Promise(() => onCancel?.(() => (gone = true))) }));
    let cancel = (): void => undefined;

    const call = one.call(toTwo(), "KV.Get", { key: utf8ToByteString("k"), options: READ }, { onCancel: (run) => (cancel = run) });
    const refused = assert.rejects(call, { code: "unavailable" });
    await until("the call is on its way", () => one.connectedTo(idOf(2)));
    cancel();

    await refused;
    await until("the other end was told", () => gone);
  });

  it("ends waiting calls at both ends when the connection breaks, saying that the end is unknown", async () => {
    let gone = false;
    let began = false;
    two.serve(
      backendOf({
        "KV.Get": (_request, onCancel) => {
          began = true;
          return new Promise(() => onCancel?.(() => (gone = true)));
        },
      }),
    );
    const call = one.call(toTwo(), "KV.Get", { key: utf8ToByteString("k"), options: READ });
    const failed = assert.rejects(call, { code: "leadership-lost", message: "EOF" });
    await until("the call has arrived", () => began);

    await one[Symbol.asyncDispose]();

    await failed;
    await until("the handler was told", () => gone);
  });

  it("gives a call up with `timeout` after its time", async () => {
    two.serve(backendOf({ "Status.Leader": () => new Promise(() => undefined) }));

    await assert.rejects(one.call(toTwo(), "Status.Leader", { datacenter: "" }, { timeoutMs: 30 }), { code: "timeout" });
  });

  it("answers a small call while a large answer is on its way, and brings the large one whole", async () => {
    const value = "x".repeat(20_000_000);
    two.serve(backendOf({ "Status.Peers": async () => [value], "Status.Leader": async () => "small" }));
    const order: string[] = [];

    const large = one.call(toTwo(), "Status.Peers", { datacenter: "" }).then((peers) => {
      order.push("large");
      return peers;
    });
    await one.call(toTwo(), "Status.Leader", { datacenter: "" }).then(() => order.push("small"));

    assert.equal((await large)[0]?.length, value.length);
    assert.deepEqual(order, ["small", "large"]);
  });

  it("carries raft messages both ways on one connection, whichever end made it", async () => {
    const heard: unknown[] = [];
    one.receive(
      (from, message) => heard.push([from, message]),
      () => undefined,
    );
    two.receive(
      (from, message) => {
        heard.push([from, message]);
        two.send(from, "", { answer: true });
      },
      () => undefined,
    );

    one.send(idOf(2), two.address, { kind: "hello", data: new Uint8Array([1, 2]) });

    await until("both were heard", () => heard.length === 2);
    assert.deepEqual(heard, [
      [idOf(1), { kind: "hello", data: Buffer.from([1, 2]) }],
      [idOf(2), { answer: true }],
    ]);
  });

  it("tells at once that a server cannot be reached: refused, and broken", async () => {
    const lost: string[] = [];
    one.receive(
      () => undefined,
      (id) => lost.push(id),
    );
    one.send(idOf(3), "127.0.0.1:1", { n: 1 });
    await until("refusal is told", () => lost.includes(idOf(3)));

    one.send(idOf(2), two.address, { n: 1 });
    await until("connected", () => one.connectedTo(idOf(2)));
    await two[Symbol.asyncDispose]();

    await until("the break is told", () => lost.includes(idOf(2)));
  });

  it("connects again to a server that came back", async () => {
    await two[Symbol.asyncDispose]();
    two = await startRpc(scope, 2, `${await freeLoopback()}.1:0`); // where nobody else takes the port in between
    two.serve(backendOf({ "Status.Leader": async () => "first" }));
    assert.equal(await one.call(toTwo(), "Status.Leader", { datacenter: "" }), "first");
    const { address } = two;
    await two[Symbol.asyncDispose]();
    two = await startRpc(scope, 2, address);
    two.serve(backendOf({ "Status.Leader": async () => "second" }));

    let answer = "";
    await until("it answers again", async () => {
      answer = await one.call({ id: idOf(2), address }, "Status.Leader", { datacenter: "" }).catch(() => "");
      return answer !== "";
    });

    assert.equal(answer, "second");
  });

  it("finds a server that moved, through a third one that it announced itself to", async () => {
    const three = await startRpc(scope, 3);
    three.serve(backendOf({ "Status.Leader": async () => "moved" }));
    await one.greet(two.address);
    await three.greet(two.address);

    let answer = "";
    await until("one has heard where three is", async () => {
      answer = await one.call({ id: idOf(3), address: "127.0.0.1:1" }, "Status.Leader", { datacenter: "" }).catch(() => "");
      return answer !== "";
    });

    assert.equal(answer, "moved");
  });

  it("streams a snapshot no faster than it is read", async () => {
    let made = 0;
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      for (; made < 100; made++) yield new Uint8Array(200_000).fill(made);
    };
    const meta = { index: 5, lastContactMs: 0, knownLeader: true };
    two.serve(backendOf({ "Status.Leader": async () => "" }, { saveSnapshot: async () => ({ meta, chunks: chunks() }) }));

    const answer = await one.saveSnapshot(toTwo(), { options: READ });
    // on the same connection: as often as these are answered, chunks could have come
    for (let calls = 0; calls < 100; calls++) await one.call(toTwo(), "Status.Leader", { datacenter: "" });
    const ahead = made;
    let bytes = 0;
    for await (const chunk of answer.chunks) bytes += chunk.byteLength;

    assert.deepEqual(answer.meta, meta);
    assert.equal(bytes, 20_000_000);
    assert.ok(ahead < 20, `${ahead} chunks were made before one was read`);
  });

  it("tells the reader of a snapshot that its source failed", async () => {
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      throw new KvorumError("disk", "no more");
    };
    two.serve(backendOf({}, { saveSnapshot: async () => ({ meta: { index: 5, lastContactMs: 0, knownLeader: true }, chunks: chunks() }) }));

    const answer = await one.saveSnapshot(toTwo(), { options: READ });

    await assert.rejects(
      async () => {
        for await (const _ of answer.chunks);
      },
      { code: "disk", message: "no more" },
    );
  });

  it("takes a snapshot in, and stops its sender when it is refused", async () => {
    let bytes = 0;
    two.serve(
      backendOf(
        {},
        {
          restoreSnapshot: async ({ body }) => {
            for await (const chunk of body) bytes += chunk.byteLength;
            if (bytes > 5_000_000) throw new KvorumError("corrupt", "too much of it");
          },
        },
      ),
    );
    const chunks = async function* (count: number): AsyncGenerator<Uint8Array> {
      for (let n = 0; n < count; n++) yield new Uint8Array(100_000);
    };

    await one.restoreSnapshot(toTwo(), { options: WRITE, body: chunks(30) });
    assert.equal(bytes, 3_000_000);
    await assert.rejects(one.restoreSnapshot(toTwo(), { options: WRITE, body: chunks(50) }), { code: "corrupt", message: "too much of it" });
  });

  for (const [what, bytes] of [
    ["another protocol", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")],
    ["a frame of no length", Buffer.from([0, 0, 0, 0, 1])],
    ["a huge frame", Buffer.from([0xff, 0xff, 0xff, 0xff, 1])],
    ["a call before the handshake", Buffer.from([0, 0, 0, 4, 3, 0x93, 1, 2])],
    ["a handshake that is no MessagePack", Buffer.from([0, 0, 0, 3, 1, 0xc1, 0xc1])],
  ] as const) {
    it(`closes a connection that sends ${what}, and lives`, async () => {
      two.serve(backendOf({ "Status.Leader": async () => "alive" }));
      const [host, port] = two.address.split(":");
      await new Promise<void>((resolve, reject) => {
        const socket = connect(Number(port), host ?? "");
        socket.on("connect", () => socket.write(bytes));
        socket.on("close", () => resolve());
        socket.on("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNRESET" ? undefined : reject(error)));
      });

      assert.equal(await one.call(toTwo(), "Status.Leader", { datacenter: "" }), "alive");
    });
  }
});
