import { TYPE } from "./codes.ts";
import { replySize, replySizeBound } from "./encode.ts";
import { SPARE_BYTES, TCP_MAX_BYTES, UDP_ANSWERS_MAX, UDP_DEFAULT_BYTES, UDP_MAX_BYTES } from "./limits.ts";
import type { Circumstances } from "./making.ts";
import type { Question } from "./question.ts";
import type { DnsRecord } from "./records.ts";
import { ednsBytes, type Reply } from "./reply.ts";

/**
 * Makes an answer fit: what its transport takes, and over UDP without EDNS no more records than `udp_answer_limit`. Records that were put in an order
 * of chance before make what is left a fair sample. Additional records stay for the answers that stay. With `enable_truncate` the client is told (TC).
 * Consul docs, `dns_config`; RFC 2181 §9.
 */
export function cut(reply: Reply, question: Question, how: Pick<Circumstances, "settings" | "transport">): void {
  const { settings, transport } = how;
  const before = reply.answers.length;
  const whole = additionalsByName(reply.additionals);
  const keep = (count: number): void => {
    reply.answers = reply.answers.slice(0, count);
    if (whole !== undefined) reply.additionals = additionalsOf(reply.answers, whole);
  };
  let compress = !settings.disableCompression;
  const room = roomFor(question, transport);
  if (transport === "udp") {
    const most = Math.min(UDP_ANSWERS_MAX, settings.udpAnswerLimit);
    if (room.offered === UDP_DEFAULT_BYTES && before > most) {
      keep(Math.max(0, most));
      // As Consul: such an answer would fit even if somebody on its way wrote the names out.
      compress = false;
    }
  }
  const least = transport === "udp" ? 1 : 0;
  const length = reply.answers.length > least && replySizeBound(reply) > room.bytes ? replySize(reply, compress) : 0;
  if (length > room.bytes) {
    reply.authorities = [];
    const all = reply.answers;
    const sizeOf = (count: number): number => {
      reply.answers = all;
      keep(count);
      return replySize(reply, compress);
    };
    // As Consul: one that is a little too long loses an answer, one that is much too long perhaps only what stands beside the answers.
    const most = length - room.offered > MUCH_TOO_LONG_BYTES ? all.length + 1 : all.length;
    const fitting = longestFitting({ most, least, room: room.bytes, sizeOf });
    reply.answers = all;
    keep(fitting);
  }
  if (reply.answers.length < before && settings.enableTruncate) reply.truncated = true;
}

/** What the client said it takes, and how much of it the message may fill before EDNS is added. */
function roomFor(question: Question, transport: "udp" | "tcp"): { readonly offered: number; readonly bytes: number } {
  const spare = Math.max(SPARE_BYTES, ednsBytes(question));
  if (transport === "tcp") return { offered: TCP_MAX_BYTES, bytes: TCP_MAX_BYTES - Math.max(12, spare) };
  const offered = Math.min(UDP_MAX_BYTES, Math.max(UDP_DEFAULT_BYTES, question.edns?.size ?? 0));
  return { offered, bytes: offered - spare };
}

/** How many records can be of any use to who asked so: more do not fit, whatever they are. One more than fits shows that some were left out. */
export function recordsWorthMaking(question: Question, transport: "udp" | "tcp"): number {
  return Math.ceil(roomFor(question, transport).bytes / RECORD_LEAST_BYTES) + 1;
}

interface Fitting {
  readonly least: number;
  readonly most: number;
  readonly room: number;
  readonly sizeOf: (count: number) => number;
}

/**
 * The largest count from `least` to `most` - 1 that fits; `least` when none does. Fewer never take more. Records of one answer are about equally long, so
 * the next count to be tried is guessed from the last one's size: three or four guesses do where halving takes a dozen.
 */
function longestFitting({ least, most, room, sizeOf }: Fitting): number {
  const sample = Math.min(most - 1, SAMPLE_RECORDS);
  const each = Math.max(1, sizeOf(sample) / sample);
  let [low, high] = [least, most];
  let guess = Math.floor(room / each);
  while (high - low > 1) {
    const count = Math.min(high - 1, Math.max(low + 1, guess));
    const size = sizeOf(count);
    if (size <= room) low = count;
    else high = count;
    const over = size > TCP_MAX_BYTES ? (high - low) * each * 0.5 : size - room; // beyond it nobody counts
    guess = size <= room ? count + Math.max(1, Math.floor((room - size) / each)) : count - Math.max(1, Math.ceil(over / each));
  }
  return low;
}

/** Consul's number. */
const MUCH_TOO_LONG_BYTES = 100;
/** An A record with a name that is pointed at. */
const RECORD_LEAST_BYTES = 16;
/** From so many the length of all is guessed. */
const SAMPLE_RECORDS = 16;

/** The first record of each name, under the name in lower case. */
function additionalsByName(additionals: readonly DnsRecord[]): ReadonlyMap<string, DnsRecord> | undefined {
  if (additionals.length === 0) return undefined;
  const index = new Map<string, DnsRecord>();
  for (const record of additionals) {
    const name = record.name.toLowerCase();
    if (!index.has(name)) index.set(name, record);
  }
  return index;
}

/** What the places of these answers lead to, each once. */
function additionalsOf(answers: readonly DnsRecord[], whole: ReadonlyMap<string, DnsRecord>): readonly DnsRecord[] {
  const taken = new Map<string, DnsRecord>();
  for (const { type, data } of answers) {
    let next = type === TYPE.SRV && data.kind === "srv" ? data.target.toLowerCase() : undefined;
    while (next !== undefined && !taken.has(next)) {
      const record = whole.get(next);
      if (record === undefined) break;
      taken.set(next, record);
      next = record.type === TYPE.CNAME && record.data.kind === "name" ? record.data.target.toLowerCase() : undefined;
    }
  }
  return [...taken.values()];
}
