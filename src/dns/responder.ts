import type { Histogram, MonotonicMs, Platform } from "../platform/index.ts";
import { answerQuestion, answerReverse } from "./answer.ts";
import { RCODE } from "./codes.ts";
import { encodeReply } from "./encode.ts";
import type { Finder } from "./finder.ts";
import { KeptAnswers } from "./kept-answers.ts";
import { keptKey } from "./kept-key.ts";
import { UDP_DEFAULT_BYTES } from "./limits.ts";
import type { Found } from "./lookups.ts";
import type { Circumstances, Making } from "./making.ts";
import type { DnsMeters } from "./meters.ts";
import { labelsWithin } from "./names.ts";
import { decodeQuestion, type Question } from "./question.ts";
import type { Recursors } from "./recursors.ts";
import { ednsReply, emptyReply, type Reply } from "./reply.ts";
import type { DnsPlace, DnsSettings } from "./settings.ts";
import { Trail } from "./trail.ts";

export interface ResponderOptions {
  readonly place: DnsPlace;
  readonly settings: DnsSettings;
  readonly finder: Finder;
  readonly recursors: Recursors;
  readonly platform: Pick<Platform, "clock" | "random">;
  readonly meters: DnsMeters;
}

/** Who asks, and how. */
export interface Client {
  readonly transport: "udp" | "tcp";
  readonly ip: string;
}

/** Where an answer is kept. */
interface Place {
  /** `undefined`: nowhere. */
  readonly key: string | undefined;
  /** By which one of several orders is chosen. */
  readonly chance: number;
}

/** The message to send; `undefined`: nothing. */
export type Response = Buffer | undefined;

/** Turns messages of clients into messages for them: at once where it can. */
export class Responder {
  readonly #with: ResponderOptions;
  readonly #kept = new KeptAnswers();
  #settings: DnsSettings;

  constructor(options: ResponderOptions) {
    this.#with = options;
    this.#settings = options.settings;
  }

  /** From now on these hold. */
  configure(settings: DnsSettings): void {
    this.#settings = settings;
    this.#kept.clear();
  }

  close(): void {
    this.#kept.clear();
  }

  respond(bytes: Buffer, client: Client): Response | Promise<Response> {
    const { clock, random } = this.#with.platform;
    const began = clock.now();
    const kept = keptKey(bytes, client.transport);
    const place = { key: kept?.key, chance: random.int(256) };
    const ready = kept === undefined ? undefined : this.#kept.get(kept.key, began, place.chance);
    if (ready !== undefined) {
      const copy = Buffer.allocUnsafe(ready.message.length);
      ready.message.copy(copy);
      copy[0] = bytes[0] ?? 0;
      copy[1] = bytes[1] ?? 0;
      bytes.copy(copy, HEADER_BYTES, HEADER_BYTES, kept?.nameEnd);
      this.#with.meters.kept.add(1);
      this.#meter(ready.reverse).observe(clock.now() - began);
      return copy;
    }
    const decoded = decodeQuestion(bytes);
    if (decoded.kind !== "question") {
      this.#with.meters.malformed.add(1);
      return decoded.kind === "ignore" ? undefined : encodeReply(emptyReply(decoded.head, decoded.code), true);
    }
    return this.#answer(decoded.question, bytes, client, place);
  }

  #answer(question: Question, bytes: Buffer, client: Client, place: Place): Response | Promise<Response> {
    const { domain, altDomain } = this.#with.place;
    if (labelsWithin(question.name, [domain, altDomain]) !== undefined) return this.#own(question, client, place);
    if (labelsWithin(question.name, ["arpa"]) !== undefined) return this.#reverse(question, bytes, client, place);
    if (this.#settings.recursors.length === 0) return encodeReply(emptyReply(question, RCODE.refused), true);
    return this.#recurse(question, bytes, client);
  }

  #own(question: Question, client: Client, place: Place): Response | Promise<Response> {
    const began = this.#with.platform.clock.now();
    const trail = new Trail();
    const made = this.#run(answerQuestion(question, this.#circumstances(client)), this.#settings, trail);
    if (made instanceof Promise) return made.then((reply) => this.#written(reply, began, false));
    return this.#keeping(made, { trail, began, reverse: false }, place);
  }

  #reverse(question: Question, bytes: Buffer, client: Client, place: Place): Response | Promise<Response> {
    const began = this.#with.platform.clock.now();
    const trail = new Trail();
    const made = this.#run(answerReverse(question, this.#circumstances(client)), this.#settings, trail);
    if (made instanceof Promise)
      return made.then((reply) => (reply === undefined ? this.#recurse(question, bytes, client) : this.#written(reply, began, true)));
    return made === undefined ? this.#recurse(question, bytes, client) : this.#keeping(made, { trail, began, reverse: true }, place);
  }

  /** The message, which is kept if it may be given again. */
  #keeping(
    reply: Reply,
    { trail, began, reverse }: { readonly trail: Trail; readonly began: MonotonicMs; readonly reverse: boolean },
    { key, chance }: Place,
  ): Response {
    const message = this.#written(reply, began, reverse);
    if (message !== undefined && key !== undefined && trail.keepable) {
      this.#kept.put(key, { message, reverse }, { trail, varies: reply.byChance, now: began, chance });
    }
    return message;
  }

  #written(reply: Reply, began: MonotonicMs, reverse: boolean): Response {
    const message = encodeReply(reply, !this.#settings.disableCompression);
    this.#meter(reverse).observe(this.#with.platform.clock.now() - began);
    return message;
  }

  #meter(reverse: boolean): Histogram {
    const { domainQuery, ptrQuery } = this.#with.meters;
    return reverse ? ptrQuery : domainQuery;
  }

  /** As the recursors answer; when none of them does, that it failed. */
  async #recurse(question: Question, bytes: Buffer, client: Client): Promise<Response> {
    // a question that ended too early is asked whole
    const end = HEADER_BYTES + question.questionBytes.length;
    const whole = bytes.length >= end ? bytes : Buffer.concat([bytes.subarray(0, HEADER_BYTES), question.questionBytes]);
    const answer = await this.#with.recursors.forward(whole, client.transport, this.#settings);
    if (answer !== undefined) return client.transport === "udp" ? fitting(answer, question) : answer;
    const reply = emptyReply(question, RCODE.serverFailure);
    reply.recursionAvailable = true;
    reply.edns = ednsReply(question, reply);
    return encodeReply(reply, true);
  }

  #circumstances(client: Client): Circumstances {
    const { place, platform } = this.#with;
    return {
      place,
      settings: this.#settings,
      transport: client.transport,
      clientIp: client.ip.replace(MAPPED, ""),
      nowS: Math.floor(platform.clock.wall() / 1000),
      chance: (below) => platform.random.int(below),
    };
  }

  /** Gives an answer in the making what it asks for, without waiting where nothing has to be waited for. */
  #run<T>(making: Making<T>, settings: DnsSettings, trail: Trail): T | Promise<T> {
    const { finder } = this.#with;
    let step = making.next();
    while (step.done !== true) {
      const found = finder.find(step.value, settings, trail);
      if (found instanceof Promise) return this.#wait(making, found, settings, trail);
      step = making.next(found);
    }
    return step.value;
  }

  async #wait<T>(making: Making<T>, first: Promise<Found>, settings: DnsSettings, trail: Trail): Promise<T> {
    let step = making.next(await first);
    while (step.done !== true) step = making.next(await this.#with.finder.find(step.value, settings, trail));
    return step.value;
  }
}

/** A recursor's answer, or if it is longer than the client takes its head alone with the TC bit set: then the client asks over TCP. */
function fitting(answer: Buffer, { edns, questionBytes }: Question): Buffer {
  if (answer.length <= Math.max(UDP_DEFAULT_BYTES, edns?.size ?? 0)) return answer;
  const short = Buffer.from(answer.subarray(0, HEADER_BYTES + questionBytes.length));
  short.writeUInt16BE(short.readUInt16BE(2) | 0x0200, 2);
  short.fill(0, 6, HEADER_BYTES);
  return short;
}

const HEADER_BYTES = 12;
/** How a socket for both families tells an IPv4 address. */
const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;
