import { durationToMs, parseDuration } from "../base/duration.ts";
import type { CheckedInstance } from "../model/index.ts";
import { RCODE, TYPE } from "./codes.ts";
import { cut } from "./cut.ts";
import { ipText } from "./ip.ts";
import { ALIAS_DEPTH, NAME_SERVERS_MAX } from "./limits.ts";
import type { Found, Wish } from "./lookups.ts";
import { type Answering, type Circumstances, type Making, shuffled } from "./making.ts";
import { labelsWithin, type Wanted, wantedBy } from "./names.ts";
import { metaRecords, nodeRecords } from "./node-records.ts";
import { innerQuestion, type Question } from "./question.ts";
import type { DnsRecord } from "./records.ts";
import { ednsReply, emptyReply, type Reply } from "./reply.ts";
import { healthy, serviceRecords } from "./service-records.ts";
import { serviceTtl } from "./settings.ts";

/** Types that a node has records of. Others are answered with nothing, whether there is such a node or not, as Consul does. */
const NODE_TYPES: ReadonlySet<number> = new Set([TYPE.A, TYPE.AAAA, TYPE.TXT, TYPE.ANY]);

/** The answer to a question for a name in one of our domains. Consul docs, DNS interface. */
export function* answerQuestion(question: Question, how: Circumstances): Making<Reply> {
  const reply = emptyReply(question);
  reply.authoritative = true;
  reply.recursionAvailable = how.settings.recursors.length > 0;
  const answering = answeringAt(how, ALIAS_DEPTH);
  if (question.type === TYPE.AXFR) reply.code = RCODE.notImplemented;
  else if (question.type === TYPE.SOA) {
    reply.answers = [soaRecord(how)];
    [reply.authorities, reply.additionals] = yield* nameServers(answering);
    reply.byChance = reply.authorities.length > 1;
  } else if (question.type === TYPE.NS) {
    [reply.answers, reply.additionals] = yield* nameServers(answering);
    reply.byChance = reply.answers.length > 1;
  } else yield* fill(reply, question, answering);
  reply.edns = ednsReply(question, reply);
  return reply;
}

/** The answer to a question for the name of an address; `undefined` when nobody here has it. */
export function* answerReverse(question: Question, how: Circumstances): Making<Reply | undefined> {
  const found = yield { kind: "reverse", name: question.name.toLowerCase() };
  if (found.kind !== "reverse" || found.target === undefined) return undefined;
  const reply = emptyReply(question);
  reply.authoritative = true;
  reply.recursionAvailable = how.settings.recursors.length > 0;
  reply.answers = [{ name: question.name, type: TYPE.PTR, ttl: 0, data: { kind: "name", target: found.target } }];
  if (question.type === TYPE.SOA) reply.authorities = [soaRecord(how)];
  reply.edns = ednsReply(question, reply);
  return reply;
}

function answeringAt(how: Circumstances, depth: number): Answering {
  return {
    ...how,
    *follow(name): Making<readonly DnsRecord[]> {
      const { domain, altDomain } = how.place;
      if (labelsWithin(name, [domain, altDomain])?.length) {
        if (depth === 0) return [];
        const question = innerQuestion(name, TYPE.ANY);
        const reply = emptyReply(question);
        yield* fill(reply, question, { ...answeringAt(how, depth - 1), transport: "udp" });
        return reply.answers;
      }
      if (how.settings.recursors.length === 0) return [];
      const found = yield { kind: "elsewhere", name };
      return found.kind === "elsewhere" ? found.records : [];
    },
  };
}

/** Puts into the reply what is known of the name. */
function* fill(reply: Reply, question: Question, how: Answering): Making<void> {
  const { domain, altDomain, datacenter } = how.place;
  const labels = labelsWithin(question.name, [domain, altDomain]) ?? [];
  const wanted = wantedBy(labels, question.type, datacenter);
  if (wanted.kind === "node") yield* fillNode(reply, question, wanted, how);
  else if (wanted.kind === "service") yield* fillService(reply, question, wanted, how);
  else if (wanted.kind === "query") yield* fillQuery(reply, question, wanted, how);
  else if (wanted.kind === "address") fillAddress(reply, labels, wanted.hex, how);
  else negative(reply, RCODE.nameError, how);
}

function* fillNode(reply: Reply, question: Question, wanted: Extract<Wanted, { kind: "node" }>, how: Answering): Making<void> {
  const { type, name } = question;
  if (!NODE_TYPES.has(type)) return;
  const found: Found = yield wanted;
  if (found.kind !== "node") return failed(reply);
  const { node } = found;
  if (node === undefined) return negative(reply, RCODE.nameError, how);
  const { nodeTtlS: ttl, nodeMetaTxt } = how.settings;
  const addresses = type === TYPE.TXT ? [] : yield* nodeRecords(node, { name, type, ttl }, how);
  const texts = metaRecords(node, name, ttl);
  const asAnswers = type === TYPE.TXT || type === TYPE.ANY;
  reply.answers = asAnswers ? [...addresses, ...texts] : addresses;
  if (!asAnswers && nodeMetaTxt) reply.additionals = texts;
}

function* fillService(reply: Reply, question: Question, wanted: Extract<Wanted, { kind: "service" }>, how: Answering): Making<void> {
  const { service, tag, flavour, datacenter } = wanted;
  // Gateways are bound to services by config entries, which this version has none of.
  if (flavour === "ingress") return negative(reply, RCODE.nameError, how);
  const found: Found = yield { kind: "instances", service, tag, connect: flavour === "connect", datacenter };
  if (found.kind !== "instances") return failed(reply);
  const instances = healthy(found.instances, how.settings.onlyPassing);
  yield* fillInstances(reply, question, { instances: shuffled(instances, how.chance), ttl: serviceTtl(how.settings, service) }, how);
}

function* fillQuery(reply: Reply, question: Question, wanted: Extract<Wanted, { kind: "query" }>, how: Answering): Making<void> {
  const subnet = question.edns?.subnet;
  reply.forEverybody = false;
  const found: Found = yield { ...wanted, clientIp: subnet === undefined ? how.clientIp : ipText(subnet.address) };
  if (found.kind !== "query") return failed(reply);
  if (found.found === undefined) return negative(reply, RCODE.nameError, how);
  const { instances, ttl, service } = found.found;
  const seconds = ttl === "" ? serviceTtl(how.settings, service) : Math.floor(durationToMs(parseDuration(ttl)) / 1000);
  yield* fillInstances(reply, question, { instances: found.byChance ? shuffled(instances, how.chance) : instances, ttl: seconds }, how);
}

interface Instances {
  /** In the order in which they are to be given. */
  readonly instances: readonly CheckedInstance[];
  readonly ttl: number;
}

function* fillInstances(reply: Reply, question: Question, { instances, ttl }: Instances, how: Answering): Making<void> {
  if (instances.length === 0) return negative(reply, RCODE.nameError, how);
  const records = yield* serviceRecords(instances, question, ttl, how);
  reply.answers = records.answers;
  reply.additionals = records.additionals;
  reply.byChance = instances.length > 1;
  cut(reply, question, how);
  if (reply.answers.length === 0 && !reply.truncated) negative(reply, RCODE.noError, how);
}

/** An address that stands in the name itself, whatever the question's type. */
function fillAddress(reply: Reply, labels: readonly string[], hex: string, how: Answering): void {
  const name = `${labels.join(".")}.${how.place.domain}`;
  const size = hex.length >> 1;
  if (size !== 4 && size !== 16) return;
  const bytes = /^([0-9a-f]{2})+$/.test(hex) ? Buffer.from(hex, "hex") : undefined;
  if (bytes === undefined) return negative(reply, RCODE.nameError, how);
  reply.answers = [{ name, type: size === 4 ? TYPE.A : TYPE.AAAA, ttl: how.settings.nodeTtlS, data: { kind: "bytes", bytes } }];
}

/** Nothing, and for how long that may be remembered. RFC 2308. */
function negative(reply: Reply, code: Reply["code"], how: Circumstances): void {
  reply.code = code;
  reply.authorities = [soaRecord(how)];
}

function failed(reply: Reply): void {
  reply.code = RCODE.serverFailure;
}

function soaRecord({ place, settings, nowS }: Circumstances): DnsRecord {
  const { domain } = place;
  const { refresh, retry, expire, minTtl } = settings.soa;
  const numbers = [nowS, refresh, retry, expire, minTtl] as const;
  return { name: domain, type: TYPE.SOA, ttl: minTtl, data: { kind: "soa", server: `ns.${domain}`, mailbox: `hostmaster.${domain}`, numbers } };
}

/** Servers of this datacenter, some of them by chance, and their addresses. */
function* nameServers(how: Answering): Making<readonly [servers: readonly DnsRecord[], glue: readonly DnsRecord[]]> {
  const { domain, datacenter } = how.place;
  const ttl = how.settings.nodeTtlS;
  const wish: Wish = { kind: "instances", service: "consul", tag: "", connect: false, datacenter };
  const found: Found = yield wish;
  const servers: DnsRecord[] = [];
  const glue: DnsRecord[] = [];
  if (found.kind !== "instances") return [servers, glue];
  for (const { node } of shuffled(healthy(found.instances, how.settings.onlyPassing), how.chance)) {
    // A name that is no host name could not be asked for.
    if (!/^[A-Za-z0-9-]+$/.test(node.node)) continue;
    const target = `${node.node}.node.${node.datacenter}.${domain}`.toLowerCase();
    servers.push({ name: domain, type: TYPE.NS, ttl, data: { kind: "name", target } });
    glue.push(...(yield* nodeRecords(node, { name: target, type: TYPE.ANY, ttl }, how)));
    if (servers.length === NAME_SERVERS_MAX) break;
  }
  return [servers, glue];
}
