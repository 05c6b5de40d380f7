import { isIP } from "node:net";
import type { CheckedInstance } from "../model/index.ts";
import { nodeAddress, serviceAddress, servicePort } from "./addresses.ts";
import { TYPE } from "./codes.ts";
import { recordsWorthMaking } from "./cut.ts";
import { ipBytes } from "./ip.ts";
import { ALIAS_RECORDS_MAX } from "./limits.ts";
import type { Answering, Making } from "./making.ts";
import { answers, metaRecords, nodeRecords, withoutDot } from "./node-records.ts";
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
  const seen = new Set<string>();
  const found: DnsRecord[] = [];
  let alias: readonly DnsRecord[] = [];
  let count = 0;
  for (const instance of instances) {
    const { answers: records } = yield* partOf(instance, question, ttl, how);
    const [first] = records;
    if (first === undefined) continue;
    if (first.type === TYPE.CNAME) {
      if (alias.length === 0) alias = records;
      continue;
    }
    const place = first.data.kind === "bytes" ? Buffer.from(first.data.bytes).toString("latin1") : "";
    if (seen.has(place)) continue;
    seen.add(place);
    found.push(...records);
    if (++count === limit || found.length >= most) break;
  }
  return { answers: found.length > 0 ? found : alias, additionals: [] };
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
    const part = yield* partOf(instance, question, ttl, how);
    found.push(...part.answers);
    additionals.push(...part.additionals);
    if (how.settings.nodeMetaTxt) additionals.push(...metaRecords(node, nodeName(instance, how), ttl));
  }
  return { answers: found, additionals };
}

function* partOf(instance: CheckedInstance, question: Question, ttl: number, how: Answering): Making<Part> {
  const { node, service } = instance;
  const own = serviceAddress(service, question.type, node.datacenter, how.place);
  const outer = nodeAddress(node, question.type, node.datacenter, how.place);
  if (own === "" && outer === "") return NOTHING;
  const outerIsIp = isIP(outer) !== 0;
  if (own === "" && outerIsIp) return outer === node.address ? yield* byNode(instance, question, ttl, how) : byIp(outer, instance, question, ttl, how);
  if (own === "") return yield* byName(outer, instance, question, ttl, how);
  if (isIP(own) !== 0) return byIp(own, instance, question, ttl, how);
  // A service that gives its own name for an address would lead back to itself.
  if (withoutDot(own) === question.name && outerIsIp) return yield* byNode(instance, question, ttl, how);
  return yield* byName(own, instance, question, ttl, how);
}

function* byNode(instance: CheckedInstance, question: Question, ttl: number, how: Answering): Making<Part> {
  const { type, name } = question;
  const target = nodeName(instance, how);
  const records = yield* nodeRecords(instance.node, { name: type === TYPE.SRV ? target : name, type, ttl }, how);
  return type === TYPE.SRV ? { answers: [srv(instance, question, target, ttl, how)], additionals: records } : { answers: records, additionals: [] };
}

function byIp(ip: string, instance: CheckedInstance, question: Question, ttl: number, how: Answering): Part {
  const { type, name } = question;
  const digits = ipBytes(ip)?.toString("hex") ?? "";
  const target = `${digits}.addr.${instance.node.datacenter}.${how.place.domain}`;
  const record = addressRecord(type === TYPE.SRV ? target : name, ip, ttl);
  if (record === undefined || !answers(record, type)) return NOTHING;
  return type === TYPE.SRV ? { answers: [srv(instance, question, target, ttl, how)], additionals: [record] } : { answers: [record], additionals: [] };
}

function* byName(address: string, instance: CheckedInstance, question: Question, ttl: number, how: Answering): Making<Part> {
  const target = withoutDot(address);
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
