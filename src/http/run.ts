import type { IncomingMessage } from "node:http";
import { BugError } from "../base/assert.ts";
import { byteStringToUtf8 } from "../base/byte-string.ts";
import { KvorumError, messageOf } from "../base/errors.ts";
import { Later, promised, type Soon } from "../base/later.ts";
import { type Answer, emptyAnswer, plainAnswer } from "./answer.ts";
import { collectBody, drain, expectBody } from "./body.ts";
import type { Call } from "./call.ts";
import { errorAnswer, MethodNotAllowedError } from "./errors.ts";
import type { Gate } from "./gate.ts";
import type { Route, World } from "./route.ts";
import type { Endpoint } from "./table.ts";

/** Takes a call through its endpoint to an answer. Resolves always, unless Kvorum itself is at fault. */
export async function runCall(endpoint: Endpoint, call: Call, request: IncomingMessage, world: World, gate: Gate): Promise<Answer> {
  try {
    if (gate.blocks(call.path)) return plainAnswer(403, "Endpoint is blocked by agent configuration");
    const route = endpoint.byMethod.get(call.method) ?? endpoint.otherwise;
    if (route === undefined) return withoutRoute(endpoint, call);
    if (call.method !== "GET") gate.checkWrite(call.source.remoteAddress);
    if (route.body.kind === "collect") {
      const limits = route.body.limit(world.config);
      if (expectBody(request, route.body, limits)) {
        call.source.invite();
        call.body = await collectBody(request, route.body, limits);
      }
    } else if (route.body.kind === "stream") {
      return await runStreamed(route, call, request, world);
    }
    return await promised(route.handle(call, world));
  } catch (error) {
    return failed(error, call, world);
  }
}

/** The same for a call whose body, if it has one, is there already, and no longer than its route takes. Calls `done` once, in this call when it can. */
export function runCollected(route: Route, call: Call, world: World, gate: Gate, done: (answer: Answer) => void): void {
  let answer: Soon<Answer>;
  try {
    answer = startCollected(route, call, world, gate);
  } catch (error) {
    answer = failed(error, call, world);
  }
  const fail = (error: unknown): void => done(failed(error, call, world));
  if (answer instanceof Later) answer.on(done, fail);
  else if (answer instanceof Promise) void answer.then(done, fail);
  else done(answer);
}

function startCollected(route: Route, call: Call, world: World, gate: Gate): Soon<Answer> {
  if (gate.blocks(call.path)) return plainAnswer(403, "Endpoint is blocked by agent configuration");
  if (call.method !== "GET") gate.checkWrite(call.source.remoteAddress);
  return route.handle(call, world);
}

/** A route that stops reading in the middle, for a body that is no good, leaves the rest to be drained: its client is still sending. */
async function runStreamed(route: Route, call: Call, request: IncomingMessage, world: World): Promise<Answer> {
  call.source.invite();
  try {
    return await promised(route.handle(call, world));
  } finally {
    if (!request.readableEnded) drain(request);
  }
}

function withoutRoute(endpoint: Endpoint, call: Call): Answer {
  if (call.method === "OPTIONS") return emptyAnswer(200, ["Allow", endpoint.allow]);
  return errorAnswer(new MethodNotAllowedError(call.method, endpoint.allow));
}

function failed(error: unknown, call: Call, world: World): Answer {
  if (error instanceof BugError) {
    // nobody catches a bug: it stops the process from a turn of its own
    world.platform.clock.soon(() => {
      throw error;
    });
  }
  if (error instanceof KvorumError) {
    const answer = errorAnswer(error);
    const fields = { method: call.method, path: byteStringToUtf8(call.path), error: error.message };
    if (answer.status >= 500) world.log.error("Request error", fields);
    else world.log.debug("Request error", fields);
    return answer;
  }
  world.log.error("Request failed in an unforeseen way", { method: call.method, path: call.path, error: messageOf(error) });
  return plainAnswer(500, messageOf(error));
}

/** The name of an endpoint's timer, as in Consul: `http.GET.v1.kv._`. */
export function timerName(endpoint: Endpoint, route: Route): string {
  const path = endpoint.subtree ? `${endpoint.pattern}_` : endpoint.pattern;
  return `http.${route.method}${path.replaceAll("/", ".")}`;
}
