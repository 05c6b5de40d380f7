import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { KvorumError } from "../../src/base/errors.ts";
import { Scope } from "../../src/base/scope.ts";
import { RemoteBackend } from "../../src/node/remote-backend.ts";
import { ServerList } from "../../src/node/server-list.ts";
import { realPlatform } from "../../src/platform/index.ts";
import { Rpc } from "../../src/rpc/index.ts";
import { backendOf, idOf, READ, startRpc, WRITE } from "../rpc/helpers.ts";
import { until } from "../support/until.ts";

/** Always the least: lists keep the order in which they are given, turned round. */
const random = { int: () => 0, bytes: (count: number) => new Uint8Array(count) };

describe("ServerList", () => {
  it("keeps known servers in their places, takes new ones in, and asks last who failed", () => {
    const list = new ServerList(random);
    const [a, b, c] = ["a", "b", "c"].map((name) => ({ name, address: `${name}:1` }));
    assert.ok(a !== undefined && b !== undefined && c !== undefined);
    list.update([b, a]);
    assert.equal(list.first?.name, "a");
    list.failed(a);
    assert.equal(list.first?.name, "b");
    list.update([{ ...b, address: "b:2" }, a]);
    assert.equal(list.first?.address, "b:2");
    list.update([a]);
    assert.deepEqual([list.first?.name, list.size], ["a", 1]);
    list.failed(c);
    list.update([]);
    assert.equal(list.first, undefined);
  });
});

describe("RemoteBackend", () => {
  let scope: Scope;
  let servers: Rpc[];
  let list: ServerList;
  let remote: RemoteBackend;

  beforeEach(async () => {
    scope = new Scope();
    servers = [await startRpc(scope, 1), await startRpc(scope, 2)];
    list = new ServerList(random);
    const platform = { ...realPlatform(scope, { log: { level: "error", write: () => undefined } }), random };
    const rpc = scope.use(await Rpc.start({ platform, id: idOf(9), name: "c", datacenter: "dc1", bind: "", advertise: "" }));
    const nobody = (): KvorumError => new KvorumError("internal", "No known Consul servers");
    remote = new RemoteBackend({ rpc, servers: list, platform, datacenter: "dc1", holdMs: 1_000, defaultWaitMs: 5_000, nobody });
  });
  afterEach(() => scope[Symbol.asyncDispose]());

  /** The second of the two stands first in the list. */
  const know = (): void => list.update(servers.map(({ address }, at) => ({ name: `s${at + 1}`, address })));
  const destroy = (): Promise<void> => remote.call("Session.Destroy", { id: "x", options: WRITE });

  it("says in its own words that there is nobody to ask", async () => {
    await assert.rejects(destroy(), { message: "No known Consul servers" });
  });

  it("asks the next server when one cannot be reached, writes too, and that one first from then on", async () => {
    const asked: number[] = [];
    servers[0]?.serve(backendOf({ "Session.Destroy": async () => void asked.push(1) }));
    know();
    await servers[1]?.[Symbol.asyncDispose]();
    await destroy();
    await destroy();
    assert.deepEqual(asked, [1, 1]);
    assert.equal(list.first?.name, "s1");
  });

  it("asks again what only looks when the connection breaks, and never what may have been done", async () => {
    const break_ = (): Promise<never> => new Promise(() => void servers[1]?.[Symbol.asyncDispose]());
    servers[1]?.serve(backendOf({ "Status.Leader": break_, "Session.Destroy": break_ }));
    servers[0]?.serve(backendOf({ "Status.Leader": async () => "here", "Session.Destroy": () => Promise.reject(new KvorumError("internal", "asked twice")) }));
    know();
    assert.equal(await remote.call("Status.Leader", { datacenter: "" }), "here");
    servers[1] = await startRpc(scope, 3);
    servers[1].serve(backendOf({ "Session.Destroy": break_ }));
    list.update([{ name: "s3", address: servers[1].address }]);
    await assert.rejects(destroy(), { code: "leadership-lost", message: "rpc error making call: EOF" });
  });

  it("gives up within the hold time when nobody can be reached", async () => {
    know();
    for (const server of servers) await server[Symbol.asyncDispose]();
    await assert.rejects(destroy(), { code: "unavailable", message: /^rpc error getting client: / });
  });

  it("ends a waiting read at the server when its client goes", async () => {
    let held = false;
    let ended = false;
    servers[1]?.serve(
      backendOf({
        "Session.List": (_request, onCancel) =>
          new Promise((_resolve, reject) => {
            onCancel?.(() => {
              ended = true;
              reject(new KvorumError("unavailable", "Call cancelled"));
            });
            held = true;
          }),
      }),
    );
    know();
    let cancel = (): void => undefined;
    const waiting = remote.call("Session.List", { options: { ...READ, minIndex: 5, maxWaitMs: 60_000 } }, (run) => {
      cancel = run;
    });
    const gone = assert.rejects(waiting);
    await until("the server holds it", () => held);
    cancel();
    await gone;
    await until("the server has let it go", () => ended);
    assert.equal(list.first?.name, "s2", "the server has done nothing wrong");
  });
});
