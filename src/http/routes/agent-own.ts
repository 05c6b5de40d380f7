import type { Answer } from "../answer.ts";
import { emptyAnswer, jsonAnswer } from "../answer.ts";
import type { Call } from "../call.ts";
import { refuseNamespace } from "../reads.ts";
import { asked, NO_BODY, type Route, type World } from "../route.ts";

/** What an agent has of its own, services or checks, as its routes need it. */
interface Own {
  readonly what: "service" | "check";
  /** The list as JSON, of those that meet the filter. */
  list(world: World, filter: string): string;
  remove(world: World, id: string): Promise<void>;
  readonly id: Route["parameters"][number];
  /** What goes away with one. */
  readonly along: string;
}

/** The list of them, and the way out of it. Consul api-docs, agent: services, checks. */
export function ownRoutes({ what, list, remove, id, along }: Own): { readonly listed: Route; readonly takenOut: Route } {
  const listed: Route = {
    method: "GET",
    path: `/v1/agent/${what}s`,
    about: `List the ${what}s of this agent`,
    parameters: [asked("filter", "text", `An expression that ${what}s must meet`)],
    body: NO_BODY,
    answers: { 200: `${what === "service" ? "Services" : "Checks"} by id`, 500: "The filter is at fault" },
    handle(call, world): Answer {
      refuseNamespace(call);
      return jsonAnswer(list(world, call.query.get("filter")));
    },
  };
  const takenOut: Route = {
    method: "PUT",
    path: `/v1/agent/${what}/deregister/*id`,
    about: `Take a ${what} out${along}`,
    parameters: [id],
    body: NO_BODY,
    answers: { 200: "Nothing: it is not there any more" },
    async handle(call, world): Promise<Answer> {
      refuseNamespace(call);
      await remove(world, call.name);
      return emptyAnswer(200);
    },
  };
  return { listed, takenOut };
}

/** What a definition says of a token goes before what the request carries. */
export function withToken<T extends { readonly token: string }>(said: T, call: Call): T {
  return said.token === "" ? { ...said, token: call.token } : said;
}
