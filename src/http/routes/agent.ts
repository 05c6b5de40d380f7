import { KvorumError } from "../../base/errors.ts";
import { quoteJson, writeJson } from "../../base/json.ts";
import { type AgentMember, writeList } from "../../model/index.ts";
import { formatLogJson, formatLogLine, type LogLevel, type MetricsReport } from "../../platform/index.ts";
import { bytesAnswer, emptyAnswer, jsonAnswer } from "../answer.ts";
import { badRequest, listOfErrors } from "../errors.ts";
import { asked, NO_BODY, pathPart, type Route } from "../route.ts";

/** Consul api-docs, agent: what it tells of itself. */
export const agentRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/agent/self",
    about: "Configuration and state of this agent",
    parameters: [],
    body: NO_BODY,
    answers: { 200: "Config, DebugConfig, Coord, Member, Stats, Meta" },
    async handle(_call, world) {
      return jsonAnswer(writeJson(await world.agent.self()));
    },
  },
  {
    method: "GET",
    path: "/v1/agent/members",
    about: "List the members of the cluster, as this agent sees them",
    parameters: [asked("wan", "presence", "Those of all datacenters"), asked("segment", "text", "A network segment; only the default one and _all are there")],
    body: NO_BODY,
    answers: { 200: "A list of members" },
    async handle(call, world) {
      const segment = call.query.get("segment");
      if (segment !== "" && segment !== "_all") throw new KvorumError("internal", "Network segments are not supported in this version of Consul");
      const wan = call.query.get("wan") !== ""; // here, unlike for a join, the bare word does not count
      return jsonAnswer(writeList(await world.agent.members({ wan, segment }), writeMember));
    },
  },
  {
    method: "GET",
    path: "/v1/agent/suspicions",
    about: "List the members that are suspected of having failed, and who accuses them (of Kvorum's own)",
    parameters: [asked("wan", "presence", "In the pool of the servers of all datacenters")],
    body: NO_BODY,
    answers: { 200: "A list of Node, ForMs, Accusers" },
    handle(call, world) {
      const wan = call.query.get("wan") !== "" || call.query.has("wan");
      const list = world.agent.suspicions({ wan });
      return jsonAnswer(writeJson(list.map(({ name, forMs, accusers }) => ({ Node: name, ForMs: Math.round(forMs), Accusers: [...accusers] }))));
    },
  },
  {
    method: "GET",
    path: "/v1/agent/metrics",
    about: "Metrics of the last ten seconds as JSON, or of the whole life for Prometheus",
    parameters: [asked("format", "text", "prometheus for its text format")],
    body: NO_BODY,
    answers: { 200: "Timestamp, Gauges, Points, Counters, Samples; or Prometheus' text" },
    async handle(call, world) {
      if (call.query.get("format") === "prometheus" || takesPrometheus(call.header("accept"))) {
        const { contentType, text } = await world.agent.metrics.prometheus();
        return bytesAnswer(contentType, text);
      }
      return jsonAnswer(writeReport(world.agent.metrics.report()));
    },
  },
  {
    method: "GET",
    path: "/v1/agent/monitor",
    about: "Follow the log",
    parameters: [asked("loglevel", "text", "trace, debug, info, warn or err; info when left out"), asked("logjson", "presence", "One JSON object a line")],
    body: NO_BODY,
    answers: { 200: "Lines, for as long as the client listens", 400: "No such level" },
    handle(call, world) {
      const level = logLevel(call.query.get("loglevel"));
      const format = call.query.has("logjson") ? formatLogJson : formatLogLine;
      return bytesAnswer("text/plain; charset=utf-8", {
        listen: (write) => world.platform.log.listen(level, (line) => void write(`${format(line)}\n`)),
      });
    },
  },
  {
    method: "GET",
    path: "/v1/agent/host",
    about: "Tell about the machine that this agent runs on",
    parameters: [],
    body: NO_BODY,
    answers: { 200: "Memory, CPU, Host, Disk, CollectionTime, Errors" },
    async handle(_call, world) {
      return jsonAnswer(writeJson(await world.agent.host()));
    },
  },
  {
    method: "PUT",
    path: "/v1/agent/reload",
    about: "Read the configuration anew",
    parameters: [],
    body: NO_BODY,
    answers: { 200: "Nothing: it is in force", 500: "It is at fault; the old one stays" },
    async handle(_call, world) {
      await world.agent.reload();
      return emptyAnswer(200);
    },
  },
  {
    method: "PUT",
    path: "/v1/agent/join/*address",
    about: "Join the cluster that this address belongs to",
    parameters: [
      pathPart("address", "A member's address, with the port of its pool where that is not the usual one"),
      asked("wan", "presence", "The pool of the servers of all datacenters"),
    ],
    body: NO_BODY,
    answers: { 200: "Nothing: it took us in", 500: "It did not" },
    async handle(call, world) {
      const { joined, errors } = await world.agent.join([call.name], { wan: call.query.get("wan") !== "" || call.query.has("wan") });
      const told = errors.map(({ address, message, resolved }) => `Failed to ${resolved ? "join" : "resolve"} ${address}: ${message}`);
      if (joined === 0) throw listOfErrors(told);
      return emptyAnswer(200);
    },
  },
  {
    method: "PUT",
    path: "/v1/agent/force-leave/*node",
    about: "Make a failed member one that left, so that nobody waits for it",
    parameters: [pathPart("node", "The member's name"), asked("prune", "presence", "Forget it as well")],
    body: NO_BODY,
    answers: { 200: "Nothing: it is done", 500: "Nobody has this name" },
    async handle(call, world) {
      try {
        await world.agent.forceLeave(call.name, { prune: call.query.has("prune") });
      } catch (error) {
        if (!(error instanceof KvorumError) || error.code !== "not-found") throw error;
        throw new KvorumError("internal", `agent: No node found with name '${call.name}'`, { cause: error });
      }
      return emptyAnswer(200);
    },
  },
  {
    method: "PUT",
    path: "/v1/agent/leave",
    about: "Leave the cluster and stop",
    parameters: [],
    body: NO_BODY,
    answers: { 200: "Nothing: the agent is leaving" },
    async handle(_call, world) {
      await world.agent.leave();
      return emptyAnswer(200);
    },
  },
];

/** Whether a client names the text format of Prometheus among what it takes, as Prometheus itself does. */
function takesPrometheus(accept: string): boolean {
  return accept.split(",").some((each) => {
    const [type = "", version = ""] = each.split(";").map((part) => part.trim().toLowerCase());
    return type === "application/openmetrics-text" || (type === "text/plain" && version === "version=0.4.0");
  });
}

function writeReport(report: MetricsReport): string {
  const series = (items: MetricsReport["Counters"]) => items.map((one) => ({ ...one, Labels: { ...one.Labels } }));
  return writeJson({
    ...report,
    Gauges: report.Gauges.map((one) => ({ ...one, Labels: { ...one.Labels } })),
    Counters: series(report.Counters),
    Samples: series(report.Samples),
  });
}

const LEVELS: Readonly<Record<string, LogLevel>> = { trace: "trace", debug: "debug", info: "info", warn: "warn", err: "error", error: "error" };

function logLevel(text: string): LogLevel {
  const level = text === "" ? "info" : LEVELS[text.toLowerCase()];
  if (level === undefined) throw badRequest(`Unknown log level: ${text}`);
  return level;
}

function writeMember(member: AgentMember): string {
  return `{"Name":${quoteJson(member.name)},"Addr":${quoteJson(member.address)},"Port":${member.port},"Tags":${writeJson(sorted(member.tags))},"Status":${member.status},"ProtocolMin":${member.protocolMin},"ProtocolMax":${member.protocolMax},"ProtocolCur":${member.protocolCur},"DelegateMin":${member.delegateMin},"DelegateMax":${member.delegateMax},"DelegateCur":${member.delegateCur}}`;
}

function sorted(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)));
}
