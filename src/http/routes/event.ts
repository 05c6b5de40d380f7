import { BadRequestError } from "../../base/errors.ts";
import { quoteJson } from "../../base/json.ts";
import { eventIndex, writeList } from "../../model/index.ts";
import { type Answer, jsonAnswer } from "../answer.ts";
import type { Call } from "../call.ts";
import { MAX_EVENT_BODY_BYTES } from "../limits.ts";
import { parseUint } from "../numbers.ts";
import type { AgentEvent } from "../ports.ts";
import { datacenterOf, READ_PARAMETERS, WRITE_PARAMETERS, waitOptions } from "../reads.ts";
import { asked, type BodyRule, NO_BODY, pathPart, type Route, type World } from "../route.ts";

const PAYLOAD: BodyRule = {
  kind: "collect",
  type: "application/octet-stream",
  about: "What the event carries; with its name, at most some 400 bytes",
  limit: () => ({ announced: MAX_EVENT_BODY_BYTES, collected: MAX_EVENT_BODY_BYTES }),
  tooLarge: (size, limit) => `Request body(${size} bytes) too large, max size: ${limit} bytes.`,
};

/** Consul api-docs, event: messages to many agents at once, by gossip; nobody promises that they arrive. */
export const eventRoutes: readonly Route[] = [
  {
    method: "PUT",
    path: "/v1/event/fire/*name",
    about: "Fire an event",
    parameters: [
      pathPart("name", "The event's name"),
      asked("node", "text", "Regular expression: only agents of nodes with such a name"),
      asked("service", "text", "Regular expression: only agents with such a service"),
      asked("tag", "text", "Regular expression: only agents whose service has such a tag"),
      ...WRITE_PARAMETERS,
    ],
    body: PAYLOAD,
    answers: { 200: "The event", 400: "No name", 500: "A filter is at fault, or the event is too long" },
    async handle(call, world) {
      const { query } = call;
      if (call.rest === "") throw new BadRequestError("Missing name");
      const event = await world.agent.events.fire({
        name: call.name,
        payload: call.body,
        nodeFilter: query.get("node"),
        serviceFilter: query.get("service"),
        tagFilter: query.get("tag"),
        datacenter: datacenterOf(call, world),
        token: call.token,
      });
      return jsonAnswer(writeEvent(event));
    },
  },
  {
    method: "GET",
    path: "/v1/event/list",
    about: "List the last events that meant this agent; the index is made from the last one's id and only tells that there is another",
    parameters: [asked("name", "text", "Only events of this name"), ...READ_PARAMETERS.filter(({ name }) => ["index", "wait", "pretty"].includes(name))],
    body: NO_BODY,
    answers: { 200: "A list of events, oldest first", 400: "A parameter is at fault" },
    async handle(call, world) {
      const { minIndex, maxWaitMs } = waitOptions(call, world);
      const known = minIndex === 0 ? 0n : indexAsked(call);
      const events = named(world, call.query.get("name"));
      if (known !== indexOf(events)) return listed(events);
      return listed(await otherThan(call, world, known, maxWaitMs));
    },
  },
];

/** The events of a name as soon as their index is another, or when the time is up. */
function otherThan(call: Call, world: World, known: bigint, waitMs: number): Promise<readonly AgentEvent[]> {
  const name = call.query.get("name");
  return new Promise((resolve) => {
    let next: Disposable | undefined;
    const finish = (): void => {
      next?.[Symbol.dispose]();
      timer[Symbol.dispose]();
      resolve(named(world, name));
    };
    const look = (): void => {
      if (indexOf(named(world, name)) !== known) finish();
      else next = world.agent.events.onNext(look);
    };
    const timer = world.platform.clock.after(waitMs, finish);
    call.onGone(finish);
    look();
  });
}

function named(world: World, name: string): readonly AgentEvent[] {
  const events = world.agent.events.recent();
  return name === "" ? events : events.filter((event) => event.name === name);
}

function indexAsked(call: Call): bigint {
  const index = parseUint(call.query.get("index"));
  return typeof index === "string" ? 0n : index;
}

function listed(events: readonly AgentEvent[]): Answer {
  return jsonAnswer(writeList(events, writeEvent), ["X-Consul-Index", String(indexOf(events))]);
}

/** That of the last one; 1 when there is none, so that nobody asks in a circle. */
function indexOf(events: readonly AgentEvent[]): bigint {
  return eventIndex(events.at(-1)?.id ?? "");
}

function writeEvent(event: AgentEvent): string {
  const payload = event.payload.length === 0 ? "null" : `"${Buffer.from(event.payload).toString("base64")}"`;
  return `{"ID":${quoteJson(event.id)},"Name":${quoteJson(event.name)},"Payload":${payload},"NodeFilter":${quoteJson(event.nodeFilter)},"ServiceFilter":${quoteJson(event.serviceFilter)},"TagFilter":${quoteJson(event.tagFilter)},"Version":${event.version},"LTime":${event.ltime}}`;
}
