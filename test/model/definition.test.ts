import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseJson } from "../../src/base/json-parse.ts";
import { decodeCheckDefinition, decodeRegistration, decodeServiceDefinition, decodeTxn } from "../../src/model/index.ts";

/** Bodies and what Consul 1.8.7 made of them when it was asked. */
const decoders = {
  service: (text: string) => decodeServiceDefinition(parseJson(text)),
  check: (text: string) => decodeCheckDefinition(parseJson(text)),
  catalog: (text: string) => decodeRegistration(parseJson(text)).registration,
  txn: (text: string) => decodeTxn(parseJson(text), "dc1").ops,
};

const PROXY = (members: string) => `{"Name":"p","Kind":"connect-proxy","Proxy":{${members}}}`;
const REFUSED: readonly (readonly [kind: keyof typeof decoders, body: string, message: RegExp])[] = [
  ["service", '{"Name":"w","Bogus":1}', /^json: unknown field "Bogus"$/],
  ["service", PROXY('"mesh_gateway":{"Mode":"local"}'), /^json: unknown field "mesh_gateway"$/],
  ["service", PROXY('"DestinationServiceName":"w","destination_service_name":5'), /^json: cannot unmarshal number into/],
  ["service", PROXY('"Config":{"a":[1e400]}'), /^json: cannot unmarshal number .*into/],
  ["check", '{"Name":"c","TTL":1e400}', /^json: cannot unmarshal number .*into/],
  ["catalog", '{"Node":"n","Service":{"Service":"w","TaggedAddresses":{"z":"1","a":{"b":1}}}}', /^json: cannot unmarshal string into/],
  ["txn", '[{"Service":{"Verb":"set","Service":{"Service":"w","TaggedAddresses":{"lan":"1.1.1.1"}}}}]', /^json: cannot unmarshal string into/],
  ["txn", '[{"Service":{"Verb":"get","Service":{"Service":"w","Proxy":[]}}}]', /^json: cannot unmarshal array into/],
  ["txn", '[{"Service":{"Verb":"get","Service":{"Service":"w","Connect":true}}}]', /^json: cannot unmarshal bool into/],
  ["txn", '[{"KV":{"Verb":"set","Key":"k","Value":[256]}}]', /^json: cannot unmarshal number into/],
];

describe("decoders of definitions (Consul 1.8.7)", () => {
  for (const [kind, text, message] of REFUSED) {
    it(`refuse ${text} as a ${kind}`, () => assert.throws(() => decoders[kind](text), { name: "JsonDecodeError", message }));
  }

  it("take another spelling where the field itself says nothing", () => {
    const said = (members: string) => decoders.service(PROXY(members)).proxy?.["DestinationServiceName"];
    assert.equal(said('"destination_service_name":"x"'), "x");
    assert.equal(said('"DestinationServiceName":"w","destination_service_name":"x"'), "w");
    assert.equal(said('"destination_service_name":"x","DestinationServiceName":""'), "x");
    assert.deepEqual(decoders.check('{"Name":"c","ScriptArgs":[],"args":["a"]}').args, ["a"]);
  });

  it("let unknown names pass within Connect alone", () => {
    assert.equal(decoders.service('{"Name":"w","Connect":{"Native":true,"Bogus":1}}').connect?.native, true);
    assert.deepEqual(decoders.catalog('{"Node":"n","Service":{"Service":"w","Connect":{"Native":true,"Bogus":1}}}').service?.connect, { Native: true });
  });

  it("take null for nothing said of a name that was given in another case before", () => {
    assert.equal(decoders.catalog('{"Node":"n","node":null}').node.node, "n");
  });

  it("turn a number of nanoseconds that no int64 holds into the least one", () => {
    assert.ok(decoders.check('{"Name":"c","TTL":18446744073709551616}').ttlMs < 0);
  });

  it("read a value of a transaction from a list of octets as well", () => {
    assert.deepEqual(decoders.txn('[{"KV":{"Verb":"set","Key":"k","Value":[104,105,null]}}]'), [
      { kind: "kv", op: { verb: "set", key: "k", value: Uint8Array.from([104, 105, 0]), flags: 0n } },
    ]);
  });
});
