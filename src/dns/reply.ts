import { OPTION_SUBNET, RCODE, type ReplyCode, TYPE } from "./codes.ts";
import type { Edns, Head, Question } from "./question.ts";
import type { DnsRecord } from "./records.ts";

/** An answer before it becomes bytes. */
export interface Reply {
  readonly head: Head;
  code: ReplyCode;
  authoritative: boolean;
  recursionAvailable: boolean;
  truncated: boolean;
  answers: readonly DnsRecord[];
  authorities: readonly DnsRecord[];
  additionals: readonly DnsRecord[];
  /** What is said by EDNS, to who spoke it. */
  edns: EdnsReply | undefined;
  /** Whether it is of use to any client: then its subnet's scope is 0. RFC 7871 §7.2.1. */
  forEverybody: boolean;
  /** Another one would do as well: chance chose which records are in it, or their order. */
  byChance: boolean;
}

export interface EdnsReply {
  readonly size: number;
  /** The whole option, empty when the client sent none. */
  readonly option: Uint8Array;
}

/** An empty answer that nobody has authority for. */
export function emptyReply(head: Head, code: ReplyCode = RCODE.noError): Reply {
  return {
    head,
    code,
    authoritative: false,
    recursionAvailable: false,
    truncated: false,
    answers: [],
    authorities: [],
    additionals: [],
    edns: undefined,
    forEverybody: true,
    byChance: false,
  };
}

/** The client's own size comes back, and its subnet with the part of it that the answer is for. */
export function ednsReply({ edns }: Pick<Question, "edns">, { code, forEverybody }: Pick<Reply, "code" | "forEverybody">): EdnsReply | undefined {
  if (edns === undefined) return undefined;
  const global = forEverybody || (code !== RCODE.noError && code !== RCODE.formatError);
  return { size: edns.size, option: subnetOption(edns, global) };
}

/** Bytes that EDNS takes in an answer to this question. */
export function ednsBytes({ edns }: Pick<Question, "edns">): number {
  return edns === undefined ? 0 : OPT_BYTES + subnetOption(edns, true).length;
}

/** An OPT record without options: root name, type, class, ttl, length. */
export const OPT_BYTES = 11;

function subnetOption({ subnet }: Edns, global: boolean): Uint8Array {
  if (subnet === undefined) return new Uint8Array(0);
  const { family, prefix, address } = subnet;
  const shown = Math.ceil(prefix / 8);
  const option = Buffer.alloc(8 + shown);
  option.writeUInt16BE(OPTION_SUBNET, 0);
  option.writeUInt16BE(4 + shown, 2);
  option.writeUInt16BE(family, 4);
  option[6] = prefix;
  option[7] = global ? 0 : prefix;
  option.set(address.subarray(0, shown), 8);
  const spare = shown * 8 - prefix;
  if (spare > 0) option[option.length - 1] = (option[option.length - 1] ?? 0) & (0xff << spare);
  return option;
}

/** Whether a record can be part of an answer to a question for addresses. */
export function isAddress({ type }: DnsRecord): boolean {
  return type === TYPE.A || type === TYPE.AAAA;
}
