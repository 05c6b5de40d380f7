import { KvorumError } from "../../base/errors.ts";
import type { ReadOptions } from "../../model/index.ts";
import { bytesAnswer, emptyAnswer, metaHeaders } from "../answer.ts";
import type { Call } from "../call.ts";
import { datacenterOf, writeOptions } from "../reads.ts";
import { asked, NO_BODY, type Route, type World } from "../route.ts";

const DC = asked("dc", "text", "The datacenter; that of the agent when left out");

/** Consul api-docs, snapshots. */
export const snapshotRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/snapshot",
    about: "Save the whole state",
    parameters: [DC, asked("stale", "presence", "Any server may answer, from what it has")],
    body: NO_BODY,
    answers: { 200: "A gzipped archive with checksums" },
    async handle(call, world) {
      const { chunks, meta } = await world.backend.saveSnapshot({ options: snapshotOptions(call, world) });
      return bytesAnswer("application/x-gzip", { chunks }, metaHeaders(meta));
    },
  },
  {
    method: "PUT",
    path: "/v1/snapshot",
    about: "Put a saved state in the place of the present one",
    parameters: [DC],
    body: { kind: "stream", about: "A gzipped archive, as it was saved" },
    answers: { 200: "Nothing: it is restored", 500: "The archive is damaged or is none; nothing was changed" },
    async handle(call, world) {
      if (call.query.has("stale")) throw new KvorumError("internal", "stale not allowed for restore");
      await world.backend.restoreSnapshot({ options: writeOptions(call, world), body: call.stream });
      return emptyAnswer(200);
    },
  },
];

/** Unlike other reads, stale and consistent may stand together here: stale wins nothing and loses nothing. */
function snapshotOptions(call: Call, world: World): ReadOptions {
  return {
    datacenter: datacenterOf(call, world),
    token: call.token,
    consistency: call.query.has("stale") ? "stale" : "default",
    maxStaleMs: undefined,
    minIndex: 0,
    maxWaitMs: 0,
    filter: "",
  };
}
