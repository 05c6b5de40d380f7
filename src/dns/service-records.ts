import type { CheckedInstance } from "../model/index.ts";
import { nodeAddress, serviceAddress, servicePort } from "./addresses.ts";
import { TYPE } from "./codes.ts";
import { recordsWorthMaking } from "./cut.ts";
import { ipBytes, isIp } from "./ip.ts";
import { ALIAS_RECORDS_MAX } from "./limits.ts";
import type { Answering, Making } from "./making.ts";
import { answers, metaRecords, withoutDot } from "./node-records.ts";
import type { Question } from "./question.ts";
import { addressRecord, aliasRecord, type DnsRecord } from "./records.ts";

/** What a list of instances gives: answers, and for SRV the addresses behind them. */
export interface ServiceAnswer {
  readonly answers: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
}

interface Part {
  readonly answers: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
}

const NOTHING: Part = { answers: [], additionals: [] };

/** Instances without critical checks; with `onlyPassing` those with checks that pass and no others. */
export function healthy(instances: readonly CheckedInstance[], onlyPassing: boolean): readonly CheckedInstance[] {
  return instances.filter(({ checks }) => checks.every(({ status }) => status !== "critical" && (!onlyPassing || status === "passing")));
}

/** Instances in this order as records. Each place is named once; aliases only where nothing has an address. */
export function* serviceRecords(instances: readonly CheckedInstance[], question: Question, ttl: number, how: Answering): Making<ServiceAnswer> {
  return yield* question.type === TYPE.SRV ? places(instances, question, ttl, how) : addressesOf(instances, question, ttl, how);
}

function* addressesOf(instances: readonly CheckedInstance[], question: Question, ttl: number, how: Answering): Making<ServiceAnswer> {
  const limit = how.settings.aRecordLimit;
  const most = recordsWorthMaking(question, how.transport);
  const seen = new Set<string | number>();
  const found: DnsRecord[] = [];
  let alias: readonly DnsRecord[] = [];
  let count = 0;
  for (const instance of instances) {
    const { answers: records } = directPart(instance, question, ttl, how) ?? (yield* followedPart(instance, question, ttl, how));
    const [first] = records;
    if (first === undefined) continue;
    if (first.type === TYPE.CNAME) {
      if (alias.length === 0) alias = records;
      continue;
    }
    const place = placeOf(first);
    if (seen.has(place)) continue;
    seen.add(place);
    found.push(...records);
    if (++count === limit || found.length >= most) break;
  }
  return { answers: found.length > 0 ? found : alias, additionals: [] };
}

/** What two records with one address have in common. */
function placeOf({ data }: DnsRecord): string | number {
  if (data.kind !== "bytes") return "";
  const bytes = Buffer.from(data.bytes.buffer, data.bytes.byteOffset, data.bytes.length);
  return bytes.length === 4 ? bytes.readUInt32BE(0) : bytes.toString("latin1");
}

function* places(instances: readonly CheckedInstance[], question: Question, ttl: number, how: Answering): Making<ServiceAnswer> {
  const seen = new Set<string>();
  const found: DnsRecord[] = [];
  const additionals: DnsRecord[] = [];
  const most = recordsWorthMaking(question, how.transport);
  for (const instance of instances) {
    if (found.length >= most) break;
    const { node, service } = instance;
    const place = `${node.node}:${service.address}:${service.port}`;
    if (seen.has(place)) continue;
    seen.add(place);
    const part = directPart(instance, question, ttl, how) ?? (yield* followedPart(instance, question, ttl, how));
    found.push(...part.answers);
    additionals.push(...part.additionals);
    if (how.settings.nodeMetaTxt) additionals.push(...metaRecords(node, nodeName(instance, how), ttl));
  }
  return { answers: found, additionals };
}

/** What an instance gives by an IP address, of its own or of its node; `undefined` when a name has to be followed. */
function directPart(instance: CheckedInstance, question: Question, ttl: number, how: Answering): Part | undefined {
  const { node, service } = instance;
  const own = serviceAddress(service, question.type, node.datacenter, how.place);
  const outer = nodeAddress(node, question.type, node.datacenter, how.place);
  if (own === "" && outer === "") return NOTHING;
  if (own !== "" && isIp(own)) return byIp(own, instance, question, ttl, how);
  if (!isIp(outer)) return undefined;
  if (own === "") return outer === node.address ? byNode(outer, instance, question, ttl, how) : byIp(outer, instance, question, ttl, how);
  // A service that gives its own name for an address would lead back to itself.
  return withoutDot(own).toLowerCase() === question.name.toLowerCase() ? byNode(outer, instance, question, ttl, how) : undefined;
}

function byNode(ip: string, instance: CheckedInstance, question: Question, ttl: number, how: Answering): Part {
  const { type, name } = question;
  const target = type === TYPE.SRV ? nodeName(instance, how) : name;
  const record = addressRecord(target, ip, ttl);
  const records = record === undefined || !answers(record, type) ? [] : [record];
  return type === TYPE.SRV ? { answers: [srv(instance, question, target, ttl, how)], additionals: records } : { answers: records, additionals: [] };
}

function byIp(ip: string, instance: CheckedInstance, question: Question, ttl: number, how: Answering): Part {
  const { type, name } = question;
  if (type !== TYPE.SRV) {
    const record = addressRecord(name, ip, ttl);
    return record === undefined || !answers(record, type) ? NOTHING : { answers: [record], additionals: [] };
  }
  const target = `${ipBytes(ip)?.toString("hex") ?? ""}.addr.${instance.node.datacenter}.${how.place.domain}`;
  const record = addressRecord(target, ip, ttl);
  return record === undefined ? NOTHING : { answers: [srv(instance, question, target, ttl, how)], additionals: [record] };
}

/** What an instance gives by a name that stands where an address should. */
function* followedPart(instance: CheckedInstance, question: Question, ttl: number, how: Answering): Making<Part> {
  const { node, service } = instance;
  const { datacenter } = node;
  const target = withoutDot(serviceAddress(service, question.type, datacenter, how.place) || nodeAddress(node, question.type, datacenter, how.place));
  const followed = (yield* how.follow(target)).filter(({ type }) => type === TYPE.CNAME || type === TYPE.A || type === TYPE.AAAA);
  const taken = followed.slice(0, question.edns === undefined ? ALIAS_RECORDS_MAX : followed.length).map((record) => ({ ...record, ttl }));
  if (question.type === TYPE.SRV) return { answers: [srv(instance, question, target, ttl, how)], additionals: taken };
  return { answers: [aliasRecord(question.name, target, ttl), ...taken], additionals: [] };
}

function srv(instance: CheckedInstance, { name }: Question, target: string, ttl: number, how: Answering): DnsRecord {
  const { node, service } = instance;
  const port = servicePort(service, node.datacenter, how.place) & 0xffff;
  return { name, type: TYPE.SRV, ttl, data: { kind: "srv", priority: 1, weight: weightOf(instance), port, target } };
}

/** By how the checks of the instance stand; one in maintenance or critical has none. */
function weightOf({ service, checks }: CheckedInstance): number {
  const { passing, warning } = service.weights;
  const own = checks.filter(({ serviceName }) => serviceName === "" || serviceName === service.service);
  if (own.some(({ status, checkId }) => status === "critical" || checkId === "_node_maintenance" || checkId.startsWith("_service_maintenance:"))) return 0;
  const weight = own.some(({ status }) => status === "warning") ? warning : passing;
  return Math.min(0xffff, Math.max(0, weight));
}

function nodeName({ node }: CheckedInstance, { place }: Answering): string {
  return `${node.node}.node.${node.datacenter}.${place.domain}`;
}
