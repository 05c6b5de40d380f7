import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { Scope } from "../../src/base/scope.ts";
import { realPlatform } from "../../src/platform/index.ts";
import { Rpc } from "../../src/rpc/index.ts";
import { until } from "../support/until.ts";
import { backendOf, idOf, startRpc } from "./helpers.ts";

describe("A server's guests", () => {
  let scope: Scope;
  let server: Rpc;

  beforeEach(async () => {
    scope = new Scope();
    server = await startRpc(scope, 1);
    server.serve(backendOf({ "Status.Leader": async () => "to a server" }), backendOf({ "Status.Leader": async () => "to a guest" }));
  });
  afterEach(() => scope[Symbol.asyncDispose]());

  const guest = async (datacenter: string, bind = ""): Promise<Rpc> => {
    const platform = realPlatform(scope, { log: { level: "error", write: () => undefined } });
    return scope.use(await Rpc.start({ platform, id: idOf(9), name: "guest", datacenter, bind, advertise: bind }));
  };
  const ask = (from: Rpc, datacenter = "dc1"): Promise<string> => from.call({ address: server.address, datacenter }, "Status.Leader", { datacenter: "" });

  it("are answered by a backend of their own: clients of its datacenter, servers of another", async () => {
    assert.equal(await ask(await guest("dc1")), "to a guest");
    assert.equal(await ask(await guest("far", "127.0.0.1:0")), "to a guest");
    assert.equal(await ask(await startRpc(scope, 2)), "to a server");
  });

  it("have no say in raft, and leave no address behind", async () => {
    const heard: unknown[] = [];
    server.receive(
      (_from, message) => void heard.push(message),
      () => undefined,
    );
    const client = await guest("dc1");
    await ask(client);
    client.send(idOf(1), server.address, { kind: "hello" });
    await until("the connection was closed and made anew", async () => (await ask(client)) === "to a guest");
    assert.deepEqual(heard, []);
    assert.deepEqual(server.book.hearsay(), []);
    assert.equal(server.connectedTo(idOf(9)), false);
  });

  it("of another datacenter than they say are refused", async () => {
    await assert.rejects(ask(await guest("far"), "far"), { code: "unavailable" });
    await assert.rejects(ask(await startRpc(scope, 3), "far"), { code: "unavailable", message: /is of datacenter "dc1", not "far"/ });
  });
});
