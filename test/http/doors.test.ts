import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import { after, before, describe, it } from "node:test";
import { houseOf } from "../../src/http/house.ts";
import { koaDoor } from "../../src/http/koa-door.ts";
import { serveRaw } from "../../src/http/raw-door.ts";
import type { Route } from "../../src/http/route.ts";
import { ROUTES } from "../../src/http/routes/index.ts";
import { ScriptedBackend, testOptions } from "./scripted-backend.ts";
import { answersIn, headerOf, oneAnswer, steady, talk } from "./wire-client.ts";

const BODIES: Readonly<Record<string, string>> = {
  "/v1/txn": '[{"KV":{"Verb":"get","Key":"k"}}]',
  "/v1/catalog/register": '{"Node":"n","Address":"10.0.0.1"}',
  "/v1/snapshot": "archive",
  "/v1/kv/*key": "value",
};

describe("the two doors", () => {
  const ports: number[] = [];
  const servers: Server[] = [];

  before(async () => {
    const house = houseOf(testOptions(new ScriptedBackend()));
    const app = koaDoor(house).callback();
    for (const door of [
      (request, response) => serveRaw(request, response, house),
      (request, response) => void app(request, response),
    ] satisfies RequestListener[]) {
      const server = createServer({ keepAliveTimeout: 0 }, door);
      await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
      const address = server.address();
      ports.push(typeof address === "object" && address !== null ? address.port : 0);
      servers.push(server);
    }
  });
  after(() => {
    for (const server of servers) server.close().closeAllConnections();
  });

  for (const route of ROUTES.filter((one) => !one.path.endsWith("/monitor"))) {
    for (const headers of ["", "Accept-Encoding: gzip\r\n"]) {
      it(`give the same bytes for ${route.method} ${route.path}${headers === "" ? "" : ", compressed"} (R7)`, async () => {
        const request = requestFor(route, headers);
        const [raw, koa] = await Promise.all(ports.map(async (port) => (await talk(port, request, oneAnswer)).text));
        assert.ok(raw !== undefined && koa !== undefined);
        assert.match(raw, /^HTTP\/1\.1 [2-5]\d\d /);
        assert.equal(steady(koa), steady(raw));
        assert.equal(answersIn(raw).length, 1);
      });
    }
  }

  for (const target of ["/v1/nope", "/v1/kv", "/v1//kv/a", "/v1/kv/%01", "/v1/kv/a?%zz", "/v1/kv/%ff%fe?keys", "/v1/kv/a%2Fb%20c"]) {
    it(`give the same bytes for ${target}`, async () => {
      const request = `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;
      const [raw, koa] = await Promise.all(ports.map(async (port) => (await talk(port, request)).text));
      assert.equal(steady(koa ?? ""), steady(raw ?? ""));
    });
  }

  it("name the connection's fate only where it is not the version's default, as Go does", async () => {
    const asked = (version: string, header: string) => talk(ports[0] ?? 0, `GET /v1/status/leader HTTP/${version}\r\nHost: x\r\n${header}\r\n`);
    const kept = await asked("1.1", "");
    assert.deepEqual([kept.closed, headerOf(kept.text, "connection")], [false, undefined]);
    const ended = await asked("1.1", "Connection: close\r\n");
    assert.deepEqual([ended.closed, headerOf(ended.text, "connection")], [true, "close"]);
    const old = await asked("1.0", "");
    assert.deepEqual([old.closed, old.text.slice(0, 12)], [true, "HTTP/1.0 200"]);
    const oldKept = await asked("1.0", "Connection: keep-alive\r\n");
    assert.deepEqual([oldKept.closed, headerOf(oldKept.text, "connection")], [false, "keep-alive"]);
  });
});

function requestFor(route: Route, headers: string): string {
  const method = route.method === "*" ? "POST" : route.method;
  const path = route.path.replace(/\*.+$/, "some/name");
  const body = route.body.kind === "none" ? "" : (BODIES[route.path] ?? "{}");
  return `${method} ${path} HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
}
