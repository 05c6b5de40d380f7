import type { IncomingMessage, ServerResponse } from "node:http";
import { formatDurationMs } from "../base/duration.ts";
import { formatAddress } from "../platform/index.ts";
import { Call, type CallSource, NodeSource } from "./call.ts";
import type { House } from "./house.ts";
import { Query } from "./query.ts";
import { type Resolved, resolve } from "./resolve.ts";
import { runCall } from "./run.ts";
import { finish, sendAnswer } from "./send.ts";
import { refuse, sendBare, sendMoved } from "./wire.ts";

/** The door for `/v1/`: no middleware, one look-up, one answer. */
export function serveRaw(request: IncomingMessage, response: ServerResponse, house: House): void {
  const resolved = resolve(request.url ?? "/", house.table, house.world.config.disableUnprintableCharFilter);
  if (resolved.kind === "endpoint") void serveEndpoint(resolved, request, response, house);
  else serveElsewhere(resolved, request, response);
}

/** Resolves when the answer has been handed over for sending. */
export async function serveEndpoint(
  resolved: Resolved & { readonly kind: "endpoint" },
  request: IncomingMessage,
  response: ServerResponse,
  house: House,
): Promise<void> {
  const query = Query.parse(resolved.rawQuery);
  if (query === undefined) {
    finish(request, response, 500, ["Vary", "Accept-Encoding", ...house.manner.extraHeaders], undefined);
    return;
  }
  const { world, timers, manner } = house;
  const call = new Call({ path: resolved.path, rest: resolved.rest, query }, new NodeSource(request, response));
  const began = world.platform.clock.now();
  const answer = await runCall(resolved.endpoint, call, request, world, house.gate);
  if (!response.destroyed) sendAnswer(answer, request, response, { pretty: world.config.alwaysPretty || query.has("pretty"), manner });
  const tookMs = world.platform.clock.now() - began;
  timers.observe(resolved.endpoint, call.method, tookMs);
  if (world.log.wants?.("debug") === true) logFinished(call.source, tookMs, house);
}

/** Consul's line for every request. Tokens in the query are not shown. */
export function logFinished({ method, url: asked, remoteAddress, remotePort }: CallSource, tookMs: number, { world }: House): void {
  const url = asked.replace(/([?&;]token=)[^&;]*/g, "$1<hidden>");
  world.log.debug("Request finished", { method, url, from: formatAddress(remoteAddress, remotePort), latency: formatDurationMs(tookMs) });
}

/** What is no endpoint of the API, for a door that has nothing else. */
export function serveElsewhere(resolved: Exclude<Resolved, { readonly kind: "endpoint" }>, request: IncomingMessage, response: ServerResponse): void {
  switch (resolved.kind) {
    case "malformed":
      refuse(request);
      return;
    case "unprintable":
      sendBare(400, request, response);
      return;
    case "moved":
      sendMoved(resolved.location, request, response);
      return;
    case "other":
      sendBare(404, request, response);
      return;
  }
}
