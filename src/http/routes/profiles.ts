import { KvorumError } from "../../base/errors.ts";
import { bytesAnswer, jsonAnswer, plainAnswer } from "../answer.ts";
import { PROFILE_DEFAULT_S, PROFILE_MAX_S } from "../limits.ts";
import { parseUint } from "../numbers.ts";
import { asked, NO_BODY, pathPart, type Route } from "../route.ts";

/** Profiles of this process, where Go's `pprof` has its own: `debug` asks for them. What they hold is V8's, not Go's. */
export const profileRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/debug/pprof/*profile",
    about: "Profile this process, where enable_debug is on; what comes is V8's, in JSON",
    parameters: [
      pathPart("profile", "profile: processor time by function (.cpuprofile). heap: memory by space. goroutine: what the process waits for, counted by kind"),
      asked("seconds", "integer", "How long processor time is sampled; 30 when not given, 120 at most"),
    ],
    body: NO_BODY,
    answers: { 200: "The profile", 401: "enable_debug is off", 404: "There is no such profile", 500: "Another one is being made" },
    async handle(call, world) {
      const { profiler } = world.agent;
      if (profiler === undefined) return plainAnswer(401, "ACL support disabled");
      switch (call.name) {
        case "profile":
          return bytesAnswer("application/json", await profiler.processor(1_000 * secondsOf(call.query.get("seconds")), call.onGone));
        case "heap":
          return jsonAnswer(profiler.memory());
        case "goroutine":
          return jsonAnswer(profiler.waits());
        default:
          return plainAnswer(404, "Unknown profile\n");
      }
    },
  },
];

function secondsOf(text: string): number {
  if (text === "") return PROFILE_DEFAULT_S;
  const seconds = parseUint(text);
  if (typeof seconds === "string") throw new KvorumError("bad-request", seconds);
  return Math.min(Math.max(1, Number(seconds)), PROFILE_MAX_S);
}
