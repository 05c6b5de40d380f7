import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { KvorumError } from "../../src/base/errors.ts";
import { type AgentEvent, type AgentPort, type HttpServer, startHttp } from "../../src/http/index.ts";
import { until } from "../support/until.ts";
import { EVENT, type Script, ScriptedBackend, TestLog, testOptions } from "./scripted-backend.ts";

const open: HttpServer[] = [];
after(async () => {
  for (const server of open) await server[Symbol.asyncDispose]();
});

async function start({ script = {}, agent = {} }: { readonly script?: Script; readonly agent?: Partial<AgentPort> }) {
  const backend = new ScriptedBackend(script);
  const server = await startHttp({ ...testOptions(backend, {}, new TestLog(), agent), listenAddresses: ["127.0.0.1:0"] });
  open.push(server);
  const ask = async (method: string, path: string, body?: string) => {
    const answer = await fetch(`http://${server.addresses[0]}${path}`, { method, ...(body === undefined ? {} : { body }) });
    return { status: answer.status, index: answer.headers.get("x-consul-index"), text: await answer.text() };
  };
  return { ask, backend };
}

describe("agent/join and agent/force-leave", () => {
  it("join either pool, and tell why it did not come about", async () => {
    const asked: unknown[] = [];
    const { ask } = await start({
      agent: {
        join: async (addresses, options) => {
          asked.push([addresses, options]);
          const [address = ""] = addresses;
          if (address === "10.0.0.1:8301") return { joined: 1, errors: [] };
          return { joined: 0, errors: [{ address, message: "nobody there", resolved: address !== "x" }] };
        },
      },
    });
    assert.deepEqual(await ask("PUT", "/v1/agent/join/10.0.0.1:8301"), { status: 200, index: null, text: "" });
    const refused = await ask("PUT", "/v1/agent/join/x?wan=1");
    assert.deepEqual([refused.status, refused.text], [500, "1 error occurred:\n\t* Failed to resolve x: nobody there\n\n"]);
    assert.equal((await ask("PUT", "/v1/agent/join/10.0.0.2")).text, "1 error occurred:\n\t* Failed to join 10.0.0.2: nobody there\n\n");
    assert.deepEqual(asked, [
      [["10.0.0.1:8301"], { wan: false }],
      [["x"], { wan: true }],
      [["10.0.0.2"], { wan: false }],
    ]);
  });

  it("tell who accuses whom", async () => {
    const { ask } = await start({ agent: { suspicions: ({ wan }) => (wan ? [] : [{ name: "n2", forMs: 1234.4, accusers: ["n1", "n3"] }]) } });
    assert.deepEqual(JSON.parse((await ask("GET", "/v1/agent/suspicions")).text), [{ Node: "n2", ForMs: 1234, Accusers: ["n1", "n3"] }]);
    assert.equal((await ask("GET", "/v1/agent/suspicions?wan")).text, "[]");
  });

  it("force a member out, with or without forgetting it", async () => {
    const asked: unknown[] = [];
    const { ask } = await start({
      agent: {
        forceLeave: async (name, options) => {
          asked.push([name, options]);
          if (name === "nobody") throw new KvorumError("not-found", "gone");
        },
      },
    });
    assert.equal((await ask("PUT", "/v1/agent/force-leave/n1")).status, 200);
    assert.equal((await ask("PUT", "/v1/agent/force-leave/n1?prune")).status, 200);
    assert.deepEqual(await ask("PUT", "/v1/agent/force-leave/nobody"), { status: 500, index: null, text: "agent: No node found with name 'nobody'" });
    assert.deepEqual(asked.slice(0, 2), [
      ["n1", { prune: false }],
      ["n1", { prune: true }],
    ]);
  });
});

describe("event/fire and event/list", () => {
  it("hand over name, payload and filters", async () => {
    const { ask } = await start({});
    const { text } = await ask("PUT", "/v1/event/fire/deploy?node=n.*&service=web&tag=v1&dc=dc1", "v2");
    assert.equal(text, `{"ID":"${EVENT.id}","Name":"deploy","Payload":"djI=","NodeFilter":"n.*","ServiceFilter":"web","TagFilter":"v1","Version":1,"LTime":0}`);
    assert.deepEqual(await ask("PUT", "/v1/event/fire/"), { status: 400, index: null, text: "Missing name" });
  });

  it("list with an index made from the last id, which need not grow (asked of Consul 1.8.7)", async () => {
    const second: AgentEvent = { ...EVENT, id: "5a4fadba-4135-e26d-3ff8-6105cc487036", name: "x", payload: new Uint8Array(), ltime: 2n ** 63n };
    const { ask } = await start({ agent: { events: port(() => [EVENT, second]).events } });
    const { text, index } = await ask("GET", "/v1/event/list");
    assert.equal(index, "7329552041653408347");
    assert.match(text, /^\[\{"ID":"15d.*"LTime":7\},\{"ID":"5a4.*"Payload":null,.*"LTime":9223372036854775808\}\]$/);
    assert.match((await ask("GET", "/v1/event/list?name=x")).text, /^\[\{"ID":"5a4[^{]*\}\]$/);
    assert.deepEqual(await ask("GET", "/v1/event/list?name=none"), { status: 200, index: "1", text: "[]" });
    assert.equal((await ask("GET", "/v1/event/list?index=x")).text, "Invalid index");
  });

  it("waits for another event of that name, and not longer than asked", async () => {
    let kept: readonly AgentEvent[] = [];
    const { events, wake } = port(() => kept);
    const { ask } = await start({ agent: { events } });
    assert.equal((await ask("GET", "/v1/event/list?name=deploy&index=1&wait=50ms")).text, "[]");
    let answered = false;
    const waiting = ask("GET", "/v1/event/list?name=deploy&index=1&wait=30s").finally(() => {
      answered = true;
    });
    await until("the call waits", () => wake.size > 0);
    kept = [{ ...EVENT, name: "other" }];
    ring(wake);
    await ask("GET", "/v1/event/list");
    assert.equal(answered, false);
    kept = [...kept, EVENT];
    ring(wake);
    assert.match((await waiting).text, /"Name":"deploy"/);
    assert.equal(wake.size, 0);
  });
});

describe("coordinate", () => {
  it("lists, reads by segment, and answers 404 without a header where there is none", async () => {
    const { ask } = await start({});
    const one = '[{"Node":"n1","Segment":"","Coord":{"Vec":[0,0,0,0,0,0,0,0.5],"Error":1.5,"Adjustment":0,"Height":0.00001}}]';
    assert.deepEqual(await ask("GET", "/v1/coordinate/nodes"), { status: 200, index: "42", text: one });
    assert.equal((await ask("GET", "/v1/coordinate/nodes?segment=x")).text, "[]");
    assert.equal((await ask("GET", "/v1/coordinate/node/n1?segment=")).text, one);
    assert.deepEqual(await ask("GET", "/v1/coordinate/node/n1?segment=x"), { status: 404, index: null, text: "" });
    assert.equal((await ask("GET", "/v1/coordinate/datacenters")).text, `[{"Datacenter":"dc1","AreaID":"wan","Coordinates":${one}}]`);
  });

  it("takes an update, and refuses a body that is none", async () => {
    const { ask, backend } = await start({});
    const coord = { Vec: [1, 0, 0, 0, 0, 0, 0, 0], Error: 1, Adjustment: 0, Height: 1e-3 };
    assert.equal((await ask("PUT", "/v1/coordinate/update", JSON.stringify({ node: "n1", Coord: coord }))).status, 200);
    assert.deepEqual(backend.asked, [
      {
        method: "Coordinate.Update",
        request: {
          update: { node: "n1", segment: "", coord: { vec: coord.Vec, error: 1, adjustment: 0, height: 1e-3 } },
          options: { datacenter: "", token: "" },
        },
      },
    ]);
    for (const [body, complaint] of [
      ['{"Node":"n1"}', "Coord is missing"],
      ['{"Coord":{"Vec":["x"]}}', "json: cannot unmarshal string into Go struct field Coordinate.Coord.Vec of type float64"],
      ['{"Foo":1}', 'json: unknown field "Foo"'],
    ])
      assert.deepEqual(await ask("PUT", "/v1/coordinate/update", body), { status: 400, index: null, text: `Request decode failed: ${complaint}` });
  });
});

describe("operator/keyring", () => {
  const answer = { wan: false, datacenter: "dc1", segment: "", messages: {}, keys: {}, primaryKeys: {}, nodes: 2, error: "" };

  it("lists pools, and changes keys without a word", async () => {
    const { ask, backend } = await start({
      script: { "Operator.Keyring": () => [{ ...answer, wan: true, keys: { B: 1, A: 2 }, primaryKeys: { A: 2 }, messages: { n1: "cut" } }] },
    });
    assert.equal(
      (await ask("GET", "/v1/operator/keyring?local-only=true&relay-factor=3")).text,
      '[{"WAN":true,"Datacenter":"dc1","Segment":"","Messages":{"n1":"cut"},"Keys":{"A":2,"B":1},"PrimaryKeys":{"A":2},"NumNodes":2}]',
    );
    for (const method of ["POST", "PUT", "DELETE"])
      assert.deepEqual(await ask(method, "/v1/operator/keyring", '{"Key":"AAAA"}'), { status: 200, index: null, text: "" });
    const asked = backend.asked.map(({ request }) => request as { readonly operation: string; readonly relayFactor: number; readonly localOnly: boolean });
    assert.deepEqual(
      asked.map(({ operation, relayFactor, localOnly }) => [operation, relayFactor, localOnly]),
      [
        ["list", 3, true],
        ["install", 0, false],
        ["use", 0, false],
        ["remove", 0, false],
      ],
    );
  });

  it("tells every failure", async () => {
    const failed = { ...answer, error: "1/2 nodes reported failure", messages: { n2: "no" } };
    const { ask } = await start({ script: { "Operator.Keyring": () => [{ ...failed, wan: true }, failed] } });
    assert.deepEqual(await ask("GET", "/v1/operator/keyring"), {
      status: 500,
      index: null,
      text: "4 errors occurred:\n\t* WAN error: 1/2 nodes reported failure\n\t* n2: no\n\t* dc1 (LAN) error: 1/2 nodes reported failure\n\t* n2: no\n\n",
    });
  });

  const places: readonly (readonly [key: string, byte: number])[] = [
    ["YQ=", 3],
    ["YQ", 0],
    ["abcde", 4],
    ["YQ==x", 4],
    ["Y===", 1],
    ["YQ=x", 2],
    ["=", 0],
    ["YWJj=", 4],
    ["YQ==YQ==", 4],
    ["YWI==", 4],
    ["a!cd", 1],
  ];
  for (const [key, byte] of places)
    it(`finds the fault of "${key}" where Consul 1.8.7 does`, async () => {
      const { ask, backend } = await start({});
      const { text } = await ask("POST", "/v1/operator/keyring", JSON.stringify({ Key: key }));
      const fault = `illegal base64 data at input byte ${byte}`;
      assert.equal(text, `2 errors occurred:\n\t* WAN error: ${fault}\n\t* dc1 (LAN) error: ${fault}\n\n`);
      assert.deepEqual(backend.asked, []);
    });
});

/** Events from a list, and who waits for the next. */
function port(recent: () => readonly AgentEvent[]): { readonly events: AgentPort["events"]; readonly wake: Set<() => void> } {
  const wake = new Set<() => void>();
  const onNext = (run: () => void): Disposable => {
    wake.add(run);
    return { [Symbol.dispose]: () => void wake.delete(run) };
  };
  return { wake, events: { recent, onNext, fire: () => assert.fail("nobody fires here") } };
}

function ring(wake: Set<() => void>): void {
  const woken = [...wake];
  wake.clear();
  for (const run of woken) run();
}
