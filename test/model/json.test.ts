import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { utf8ToByteString } from "../../src/base/byte-string.ts";
import { parseJson } from "../../src/base/json-parse.ts";
import {
  type CatalogNode,
  type Check,
  decodeAutopilotConfig,
  decodeDeregistration,
  decodeQuery,
  decodeRegistration,
  decodeSessionWish,
  decodeTxn,
  JsonDecodeError,
  type KvEntry,
  type ServiceInstance,
  writeCheckedInstances,
  writeChecks,
  writeKvEntry,
  writeNodeServiceList,
  writeNodeServices,
  writeServiceNodes,
  writeSession,
  writeTxnResults,
} from "../../src/model/index.ts";
import { sampleCheck, sampleService } from "../support/samples.ts";

const entry: KvEntry = {
  key: utf8ToByteString("a<b>é"),
  value: utf8ToByteString("hello"),
  flags: 18446744073709551615n,
  lockIndex: 1,
  session: "d9e0f1a2-1111-2222-3333-444455556666",
  createIndex: 7,
  modifyIndex: 9,
};
const node: CatalogNode = {
  id: "",
  node: "n",
  address: "10.0.0.1",
  datacenter: "dc1",
  taggedAddresses: undefined,
  meta: { b: "2", a: "1" },
  createIndex: 1,
  modifyIndex: 2,
};
const service: ServiceInstance = { ...sampleService("w1", { node: "n", service: "web" }), createIndex: 3, modifyIndex: 4 };
const check: Check = { ...sampleCheck("c", { node: "n" }), createIndex: 5, modifyIndex: 6 };
const body = (value: unknown) => parseJson(JSON.stringify(value));

describe("shapes of answers (Consul 1.8.7)", () => {
  it("prints a key with all digits of its flags, its session only when it is held", () => {
    assert.equal(
      writeKvEntry(entry),
      String.raw`{"LockIndex":1,"Key":"a\u003cb\u003eé","Flags":18446744073709551615,"Value":"aGVsbG8=","Session":"d9e0f1a2-1111-2222-3333-444455556666","CreateIndex":7,"ModifyIndex":9}`,
    );
    assert.equal(
      writeKvEntry({ ...entry, key: utf8ToByteString("k"), value: utf8ToByteString(""), flags: 0n, session: "" }),
      '{"LockIndex":1,"Key":"k","Flags":0,"Value":null,"CreateIndex":7,"ModifyIndex":9}',
    );
  });

  it("prints what is not there as null, [] or {} by endpoint", () => {
    const inCatalog = JSON.parse(writeServiceNodes([{ node, service }]));
    assert.deepEqual([inCatalog[0].ServiceTags, inCatalog[0].ServiceMeta, inCatalog[0].TaggedAddresses], [[], {}, null]);
    const inHealth = JSON.parse(writeCheckedInstances([{ node, service, checks: [check] }]));
    assert.deepEqual([inHealth[0].Service.Tags, inHealth[0].Service.Meta, inHealth[0].Checks[0].ServiceTags], [[], null, []]);
    const inTxn = JSON.parse(
      writeTxnResults([
        { kind: "service", service },
        { kind: "check", check },
      ]),
    );
    assert.deepEqual([inTxn[0].Service.Tags, inTxn[1].Check.ServiceTags], [null, null]);
  });

  it("prints an unknown node as null, or as nulls", () => {
    assert.equal(writeNodeServices(undefined), "null");
    assert.equal(writeNodeServiceList(undefined, false), '{"Node":null,"Services":null}');
    assert.match(writeNodeServices({ node, services: [] }), /"Services":\{\}\}$/);
    assert.match(writeNodeServiceList({ node, services: [] }, false), /"Services":null\}$/);
  });

  it("prints maps in the order of their names", () => assert.match(writeNodeServices({ node, services: [] }), /"Meta":\{"a":"1","b":"2"\}/));

  it("shows the old list of a session's checks only where it was given", () => {
    const session = {
      id: "s",
      name: "",
      node: "n",
      lockDelayNs: 15_000_000_000,
      behavior: "release",
      ttl: "",
      nodeChecks: ["serfHealth"],
      serviceChecks: undefined,
      createIndex: 1,
      modifyIndex: 1,
    } as const;
    assert.equal(
      writeSession(session),
      '{"ID":"s","Name":"","Node":"n","LockDelay":15000000000,"Behavior":"release","TTL":"","NodeChecks":["serfHealth"],"ServiceChecks":null,"CreateIndex":1,"ModifyIndex":1}',
    );
    assert.match(writeSession({ ...session, checks: ["up"] }), /"ServiceChecks":null,"Checks":\["up"\],"CreateIndex"/);
  });
});

describe("decodeRegistration (Consul api-docs, catalog: register)", () => {
  it("takes names of fields in any case", () => {
    const { registration } = decodeRegistration(body({ node: "n", ADDRESS: "10.0.0.1" }));
    assert.equal(registration.node.node, "n");
    assert.equal(registration.node.address, "10.0.0.1");
  });

  it("gives a service without weights those of one, and lets half of them stand", () => {
    const weights = (given: unknown) => decodeRegistration(body({ Node: "n", Service: { Service: "w", Weights: given } })).registration.service?.weights;
    assert.deepEqual(weights(undefined), { passing: 1, warning: 1 });
    assert.deepEqual(weights({}), { passing: 1, warning: 1 });
    assert.deepEqual(weights({ Passing: 5 }), { passing: 5, warning: 0 });
  });

  it("lays out a check's definition as Consul prints it, durations as text", () => {
    const given = { TCP: "l:1", Timeout: "2s", Interval: 10_000_000_000, Bogus: 1, TTL: "3s", DeregisterCriticalServiceAfter: "30m" };
    const { registration } = decodeRegistration(body({ Node: "n", Check: { Name: "c", Definition: given } }));
    const printed = writeChecks(registration.checks.map((one) => ({ ...one, createIndex: 1, modifyIndex: 1 })));
    assert.match(printed, /"Definition":\{"Interval":"10s","Timeout":"2s","DeregisterCriticalServiceAfter":"30m0s","TCP":"l:1","TTL":3000000000\}/);
  });

  it("tells a check's type by its definition where it is not said", () => {
    const type = (Definition: object) => decodeRegistration(body({ Node: "n", Check: { Name: "c", Definition } })).registration.checks[0]?.type;
    assert.equal(type({ TCP: "x", Interval: "10s" }), "tcp");
    assert.equal(type({ TCP: "x" }), "");
    assert.equal(type({ HTTP: "h", TCP: "t", TTL: "3s", Interval: "1s" }), "http");
    assert.equal(type({ AliasNode: "x" }), "alias");
    assert.equal(type({ ScriptArgs: ["x"], DockerContainerID: "d", Interval: "10s" }), "docker");
    assert.equal(type({ ScriptArgs: ["x"] }), "script");
  });

  it("lays out a proxy's settings, old names of fields included", () => {
    const given = { destination_service_name: "db", Config: { b: 1, a: { d: 1, c: 2 } }, Upstreams: [{ DestinationName: "z", LocalBindPort: 1 }] };
    const service = decodeRegistration(body({ Node: "n", Service: { Service: "p", Proxy: given } })).registration.service;
    assert.equal(
      JSON.stringify(service?.proxy),
      '{"DestinationServiceName":"db","Config":{"a":{"c":2,"d":1},"b":1},"Upstreams":[{"DestinationType":"","DestinationName":"z","Datacenter":"","LocalBindPort":1,"Config":null,"MeshGateway":{}}],"MeshGateway":{},"Expose":{}}',
    );
  });

  const faults: readonly (readonly [unknown, string])[] = [
    [{ Node: "n", Bogus: 1 }, 'json: unknown field "Bogus"'],
    [{ Node: "n", Service: { Service: "w", SocketPath: "x" } }, 'json: unknown field "SocketPath"'],
    [{ Node: 5 }, "json: cannot unmarshal number into Go struct field RegisterRequest.Node of type string"],
    [{ NodeMeta: { a: 1 } }, "json: cannot unmarshal number into Go struct field RegisterRequest.NodeMeta of type string"],
    [{ Service: { Port: "x" } }, "json: cannot unmarshal string into Go struct field NodeService.Service.Port of type int"],
    [{ Service: { Port: 1.5 } }, "json: cannot unmarshal number 1.5 into Go struct field NodeService.Service.Port of type int"],
    [{ Check: { Definition: { Interval: "x" } } }, 'time: invalid duration "x"'],
    [[], "json: cannot unmarshal array into Go value of type structs.RegisterRequest"],
  ];
  for (const [given, message] of faults) {
    it(`refuses ${JSON.stringify(given)} in Go's words`, () => assert.throws(() => decodeRegistration(body(given)), { name: "JsonDecodeError", message }));
  }

  it("takes null for nothing said", () => assert.equal(decodeDeregistration(null).node, ""));
});

describe("decodeTxn (Consul api-docs, transactions)", () => {
  it("takes apart what reads and what writes", () => {
    assert.equal(decodeTxn(body([{ KV: { Verb: "get", Key: "k" } }, { Node: { Verb: "get" } }]), "dc1").writes, false);
    assert.equal(decodeTxn(body([{ KV: { Verb: "nope", Key: "k" } }]), "dc1").writes, false);
    assert.equal(decodeTxn(body([{ KV: { Verb: "set", Key: "k" } }]), "dc1").writes, true);
    assert.equal(decodeTxn(body([{ Check: { Verb: "nope" } }]), "dc1").writes, true);
  });

  it("keeps an unknown verb as an operation that fails in its place", () => {
    const { ops } = decodeTxn(body([{ KV: { Verb: "SET", Key: "k" } }, { KV: { Verb: "get", Key: "k" } }]), "dc1");
    assert.deepEqual(ops, [
      { kind: "refused", what: 'unknown KV verb "SET"' },
      { kind: "kv", op: { verb: "get", key: "k" } },
    ]);
  });

  it("passes over operations of no kind, but counts them", () => {
    const { ops, given } = decodeTxn(body([{}, { KV: null }]), "dc1");
    assert.deepEqual([ops.length, given], [0, 2]);
  });

  it("reads flags to the last digit and values from base64", () => {
    const { ops } = decodeTxn(parseJson('[{"kv":{"verb":"set","key":"k","value":"aGk=","flags":18446744073709551615}}]'), "dc1");
    assert.deepEqual(ops, [{ kind: "kv", op: { verb: "set", key: "k", value: Buffer.from("hi"), flags: 18446744073709551615n } }]);
  });

  const faults: readonly (readonly [string, RegExp])[] = [
    ["{}", /^json: cannot unmarshal object into Go value of type api\.TxnOps$/],
    ['[{"KV":{"Verb":"set","Key":"k","Value":"***"}}]', /^illegal base64 data at input byte 0$/],
    ['[{"KV":{"Verb":"set","Key":"k","Flags":-1}}]', /^json: cannot unmarshal number -1 into Go struct field KVTxnOp\.KV\.Flags of type uint64$/],
    ['[{"KV":{"Verb":"set","Key":"k","Flags":18446744073709551616}}]', /number 18446744073709551616 into/],
    ['[{"Session":{}}]', /^json: unknown field "Session"$/],
  ];
  for (const [text, message] of faults) it(`refuses ${text}`, () => assert.throws(() => decodeTxn(parseJson(text), "dc1"), { message }));
});

describe("decodeSessionWish (Consul api-docs, sessions: create)", () => {
  const delays: readonly (readonly [unknown, number | undefined])[] = [
    ["0s", 0],
    ["60s", 60_000_000_000],
    [20, 20_000_000_000],
    [999, 999_000_000_000],
    [1000, 1000],
    [20_000_000_000, 20_000_000_000],
    [true, 0],
    [null, undefined],
  ];
  for (const [given, nanoseconds] of delays) {
    it(`takes a LockDelay of ${JSON.stringify(given)} for ${nanoseconds} ns`, () =>
      assert.equal(decodeSessionWish(body({ LockDelay: given })).lockDelayNs, nanoseconds));
  }

  it("leaves the default in the place of a null within a list of checks", () => {
    assert.deepEqual(decodeSessionWish(body({ NodeChecks: [null, "c"] })).nodeChecks, ["serfHealth", "c"]);
    assert.deepEqual(decodeSessionWish(body({ NodeChecks: null })).nodeChecks, []);
  });

  it("lets unknown fields pass", () => assert.equal(decodeSessionWish(body({ Bogus: 1, name: "x" })).name, "x"));

  it("refuses a TTL that is a number, and a list", () => {
    assert.throws(() => decodeSessionWish(body({ TTL: 30 })), JsonDecodeError);
    assert.throws(() => decodeSessionWish(body([])), JsonDecodeError);
  });
});

describe("other bodies", () => {
  it("reads autopilot's durations as text or nanoseconds", () => {
    const config = decodeAutopilotConfig(body({ LastContactThreshold: "300ms", ServerStabilizationTime: 5_000_000_000 }));
    assert.deepEqual([config.lastContactThresholdMs, config.serverStabilizationTimeMs, config.maxTrailingLogs], [300, 5_000, 0]);
  });

  it("refuses unknown fields deep inside a prepared query", () => {
    assert.throws(() => decodeQuery(body({ Name: "q", Service: { Service: "x", Failover: { Bogus: 1 } } })), { message: 'json: unknown field "Bogus"' });
  });
});
