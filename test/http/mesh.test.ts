import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type HttpServer, startHttp } from "../../src/http/index.ts";
import { ScriptedBackend, testOptions } from "./scripted-backend.ts";

const OFF = "Connect must be enabled in order to use this endpoint";

/** What Consul 1.8.7 answered with Connect off and nothing written. */
const ANSWERS: readonly (readonly [request: string, status: number, text: string, index?: string])[] = [
  ["GET agent/connect/ca/roots", 500, OFF],
  ["GET agent/connect/ca/leaf/x", 500, OFF],
  ["GET connect/ca/roots", 500, OFF, "1"],
  ["PUT connect/ca/configuration", 500, OFF],
  ["GET discovery-chain/x", 500, OFF, "1"],
  ["GET discovery-chain/", 400, "Bad request: Missing chain name"],
  ["POST agent/connect/authorize", 200, '{"Authorized":true,"Reason":"ACLs disabled, access is allowed by default"}'],
  ["GET catalog/gateway-services/x", 200, "null", "1"],
  ["GET catalog/gateway-services/", 400, "Missing gateway name"],
  ["GET health/ingress/x", 200, "[]", "1"],
  ["GET health/ingress/x?passing=zz", 400, "Invalid value for ?passing"],
  ["GET internal/federation-states/mesh-gateways", 200, "{}", "1"],
  ["GET internal/federation-state/x", 404, ""],
  ["GET config/service-defaults", 200, "[]", "1"],
  ["GET config/service-defaults?index=1&wait=1ms", 200, "[]", "1"],
  ["GET config/service-defaults/x/y", 404, 'Config entry not found for "service-defaults" / "x/y"', "1"],
  ["GET config/bogus/x", 500, "invalid config entry kind: bogus"],
  ["DELETE config/bogus/x", 400, "invalid config entry kind: bogus"],
  ["DELETE config/service-defaults", 404, "Must provide both a kind and name to delete"],
  ["DELETE config/service-defaults/x", 200, "{}"],
  ["GET connect/intentions", 200, "[]", "1"],
  ["GET connect/intentions/match", 500, "required query parameter 'by' not set"],
  ["GET connect/intentions/match?by=x&name=y", 500, "'by' parameter must be one of 'source' or 'destination'"],
  ["GET connect/intentions/match?by=source&name=a&name=b", 200, '{"a":null,"b":null}'],
  ["GET connect/intentions/check?source=a&destination=b", 200, '{"Allowed":true}'],
  ["GET connect/intentions/00000000-0000-0000-0000-0000000000aa", 404, "Intention not found"],
  ["GET connect/intentions/match?index=x", 400, "Invalid index"],
];

describe("the service mesh, which is not there", () => {
  let server: HttpServer;
  before(async () => {
    server = await startHttp({ ...testOptions(new ScriptedBackend()), listenAddresses: ["127.0.0.1:0"] });
  });
  after(() => server[Symbol.asyncDispose]());

  for (const [request, status, text, index = null] of ANSWERS) {
    it(`answers ${request} as a Consul whose Connect is off`, async () => {
      const [method = "", path = ""] = request.split(" ");
      const answer = await fetch(`http://${server.addresses[0]}/v1/${path}`, { method });
      assert.deepEqual([answer.status, await answer.text(), answer.headers.get("x-consul-index")], [status, text, index]);
    });
  }

  for (const request of ["PUT config", "POST connect/intentions", "PUT connect/intentions/x"]) {
    it(`refuses ${request}`, async () => {
      const [method = "", path = ""] = request.split(" ");
      const answer = await fetch(`http://${server.addresses[0]}/v1/${path}`, { method, body: "{}" });
      assert.deepEqual([answer.status, await answer.text()], [500, "Kvorum has no service mesh: config entries and intentions are not kept"]);
    });
  }
});
