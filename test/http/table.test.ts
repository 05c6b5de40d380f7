import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeRoutes } from "../../src/http/openapi.ts";
import { NO_BODY, type Route } from "../../src/http/route.ts";
import { ROUTES } from "../../src/http/routes/index.ts";
import { timerName } from "../../src/http/run.ts";
import { type Endpoint, RouteTable } from "../../src/http/table.ts";

const table = new RouteTable(ROUTES);

function patternFor(path: string): string | undefined {
  const found = table.find(path);
  return found?.kind === "endpoint" ? found.endpoint.pattern : found?.kind;
}

describe("RouteTable (Go ServeMux)", () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["/v1/kv/a/b/c", "/v1/kv/"],
    ["/v1/kv/", "/v1/kv/"],
    ["/v1/kv", "slash"],
    ["/v1/query", "/v1/query"],
    ["/v1/query/x/execute", "/v1/query/"],
    ["/v1/acl/policy", "/v1/acl/policy"],
    ["/v1/acl/policy/x", "/v1/acl/policy/"],
    ["/v1/acl/policy/name/x", "/v1/acl/policy/name/"],
    ["/v1/acl/token/self", "/v1/acl/token/self"],
    ["/v1/acl/token/x/clone", "/v1/acl/token/"],
    ["/v1/status/leader", "/v1/status/leader"],
    ["/v1/status/leader/", undefined],
    ["/v1/status", undefined],
    ["/v1/session/info", "slash"],
    ["/v1/acl/bogus", undefined],
    ["/v1", undefined],
    ["/", undefined],
  ];
  for (const [path, pattern] of cases) it(`leads ${path} to ${pattern ?? "nothing"}`, () => assert.equal(patternFor(path), pattern));

  it("names what is allowed in the order of the table", () => {
    const allowed = (pattern: string) => table.endpoints.find((endpoint) => endpoint.pattern === pattern)?.allow;
    assert.equal(allowed("/v1/kv/"), "OPTIONS,GET,PUT,DELETE");
    assert.equal(allowed("/v1/operator/keyring"), "OPTIONS,GET,POST,PUT,DELETE");
  });

  it("refuses two routes of one method and path", () => {
    const route: Route = { method: "GET", path: "/v1/x", about: "", parameters: [], body: NO_BODY, answers: {}, handle: () => assert.fail() };
    assert.throws(() => new RouteTable([route, route]), { name: "BugError" });
  });
});

describe("timers (Consul telemetry, consul.http.<verb>.<path>)", () => {
  it("have Consul's names", () => {
    const name = (pattern: string, method: string) => {
      const endpoint = table.endpoints.find((one): one is Endpoint => one.pattern === pattern);
      const route = endpoint?.byMethod.get(method);
      return endpoint === undefined || route === undefined ? undefined : timerName(endpoint, route);
    };
    assert.equal(name("/v1/kv/", "GET"), "http.GET.v1.kv._");
    assert.equal(name("/v1/status/leader", "GET"), "http.GET.v1.status.leader");
  });
});

describe("the table of routes", () => {
  for (const route of ROUTES) {
    it(`says of ${route.method} ${route.path} what it is about, reads and answers`, () => {
      assert.match(route.about, /^[A-Z].*[^.]$/);
      assert.ok(Object.keys(route.answers).length > 0);
      const inPath = /\*(.+)$/.exec(route.path)?.[1];
      assert.deepEqual(
        route.parameters.filter((parameter) => parameter.in === "path").map((parameter) => parameter.name),
        inPath === undefined ? [] : [inPath],
      );
    });
  }

  it("is described as OpenAPI 3.1, every operation under an id of its own", () => {
    const document = JSON.parse(JSON.stringify(describeRoutes(ROUTES, "1.2.3")));
    assert.equal(document.openapi, "3.1.0");
    assert.equal(document.info.version, "1.2.3");
    const operations: { operationId: string; responses: object }[] = Object.values(document.paths).flatMap((path) => Object.values(path as object));
    assert.equal(operations.length, ROUTES.filter((route) => route.method !== "*").length);
    assert.equal(new Set(operations.map((operation) => operation.operationId)).size, operations.length);
    assert.deepEqual(document.paths["/v1/kv/{key}"].put.requestBody.content, { "application/octet-stream": {} });
    assert.equal(document.paths["/v1/kv/{key}"].get.parameters[0].required, true);
  });
});
