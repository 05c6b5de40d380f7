import dnsPacket, { type Answer } from "dns-packet";
import { messageOf } from "../base/errors.ts";
import { type Connection, type Logger, type Platform, parseAddress } from "../platform/index.ts";
import { framed, MessageReader } from "./frames.ts";
import { RECURSIONS_MAX, UDP_MAX_BYTES } from "./limits.ts";
import type { DnsMeters } from "./meters.ts";
import { addressRecord, aliasRecord, type DnsRecord } from "./records.ts";
import type { DnsSettings } from "./settings.ts";

type Wanted = Pick<DnsSettings, "recursors" | "recursorTimeoutMs">;

const NO_ERROR = 0;
const NAME_ERROR = 3;

/**
 * Other DNS servers, asked in their order until one answers well: with what there is, or that there is no such name. Each question goes out from a port
 * of its own under an id of chance, and only an answer that comes back to both with the same question counts (RFC 5452).
 */
export class Recursors {
  readonly #platform: Pick<Platform, "network" | "clock" | "random">;
  readonly #meters: DnsMeters;
  readonly #logger: Logger;
  #asking = 0;

  constructor(platform: Pick<Platform, "network" | "clock" | "random">, meters: DnsMeters, logger: Logger) {
    this.#platform = platform;
    this.#meters = meters;
    this.#logger = logger;
  }

  /** A client's question as it came, over the transport by which it came. Gives the answer under the client's id; `undefined` when nobody answered well. */
  async forward(question: Buffer, transport: "udp" | "tcp", wanted: Wanted): Promise<Buffer | undefined> {
    if (this.#asking >= RECURSIONS_MAX) {
      this.#meters.dropped.add(1);
      return undefined;
    }
    this.#asking += 1;
    try {
      for (const recursor of wanted.recursors) {
        const answer = await this.#tried(recursor, question, transport, wanted.recursorTimeoutMs);
        if (answer === undefined) continue;
        answer.writeUInt16BE(question.readUInt16BE(0), 0);
        return answer;
      }
      return undefined;
    } finally {
      this.#asking -= 1;
    }
  }

  /** A and CNAME records of a name of another domain; over TCP where they are too many for UDP. None when nobody knows. */
  async addressesOf(name: string, wanted: Wanted): Promise<readonly DnsRecord[]> {
    const question = dnsPacket.encode({ type: "query", id: 0, flags: dnsPacket.RECURSION_DESIRED, questions: [{ type: "A", name }] });
    let answer = await this.forward(question, "udp", wanted);
    if (answer !== undefined && isTruncated(answer)) answer = (await this.forward(question, "tcp", wanted)) ?? answer;
    return answer === undefined ? [] : decoded(answer);
  }

  async #tried(recursor: string, question: Buffer, transport: "udp" | "tcp", timeoutMs: number): Promise<Buffer | undefined> {
    try {
      const answer = await this.#ask(recursor, question, transport, timeoutMs);
      const code = (answer[3] ?? 0) & 15;
      if (code === NO_ERROR || code === NAME_ERROR) return answer;
      this.#logger.debug("A recursor could not answer", { recursor, code });
    } catch (error) {
      this.#logger.warn("A recursor did not answer", { recursor, error: messageOf(error) });
    }
    this.#meters.recursorFailed.add(1);
    return undefined;
  }

  async #ask(recursor: string, question: Buffer, transport: "udp" | "tcp", timeoutMs: number): Promise<Buffer> {
    const { host, port } = parseAddress(recursor);
    const [ip = host] = await this.#platform.network.resolve(host);
    const asked = Buffer.from(question);
    asked.writeUInt16BE(this.#platform.random.int(0x1_0000), 0);
    return transport === "udp" ? this.#overUdp(ip, port, asked, timeoutMs) : this.#overTcp(ip, port, asked, timeoutMs);
  }

  async #overUdp(host: string, port: number, asked: Buffer, timeoutMs: number): Promise<Buffer> {
    let settle: ((answer: Buffer | Error) => void) | undefined;
    const answered = new Promise<Buffer>((resolve, reject) => {
      settle = (answer) => (answer instanceof Error ? reject(answer) : resolve(answer));
    });
    const socket = await this.#platform.network.bindDatagrams(host.includes(":") ? "[::]:0" : "0.0.0.0:0", {
      onMessage: (bytes, from) => {
        if (from.host === host && from.port === port && bytes.length <= UDP_MAX_BYTES && answers(bytes, asked)) settle?.(bytes);
      },
      onSendFailed: (_to, error) => settle?.(error),
    });
    const deadline = this.#platform.clock.after(timeoutMs, () => settle?.(new Error(`no answer in ${timeoutMs} ms`)));
    try {
      socket.send(asked, { host, port });
      return await answered;
    } finally {
      deadline[Symbol.dispose]();
      await socket[Symbol.asyncDispose]();
    }
  }

  async #overTcp(host: string, port: number, asked: Buffer, timeoutMs: number): Promise<Buffer> {
    let connection: Connection | undefined;
    let deadline: Disposable | undefined;
    let over = false;
    try {
      return await new Promise<Buffer>((resolve, reject) => {
        deadline = this.#platform.clock.after(timeoutMs, () => reject(new Error(`no answer in ${timeoutMs} ms`)));
        const reader = new MessageReader();
        const hear = (bytes: Buffer): void => {
          reader.push(bytes);
          const message = reader.next();
          if (message === undefined) return;
          if (answers(message, asked)) resolve(message);
          else reject(new Error("an answer to another question"));
        };
        const handlers = { onData: hear, onClose: (error: Error | undefined) => reject(error ?? new Error("EOF")) };
        const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
        this.#platform.network
          .connect(address, () => handlers, timeoutMs)
          .then((opened) => {
            connection = opened;
            if (over) opened.destroy();
            else opened.write(framed(asked));
          }, reject);
      });
    } finally {
      over = true;
      deadline?.[Symbol.dispose]();
      connection?.destroy();
    }
  }
}

/** Whether a message answers a question: the same id, the same name, type and class. */
function answers(bytes: Buffer, asked: Buffer): boolean {
  if (bytes.length < 12 || bytes.readUInt16BE(0) !== asked.readUInt16BE(0) || (bytes.readUInt16BE(2) & 0x8000) === 0) return false;
  const end = questionEnd(asked);
  return (
    bytes.length >= end && bytes.readUInt16BE(4) === 1 && bytes.toString("latin1", 12, end).toLowerCase() === asked.toString("latin1", 12, end).toLowerCase()
  );
}

/** Where the question of a message that was read before ends. */
function questionEnd(asked: Buffer): number {
  let at = 12;
  for (let length = asked[at] ?? 0; length > 0; length = asked[at] ?? 0) at += length + 1;
  return Math.min(asked.length, at + 5);
}

function isTruncated(answer: Buffer): boolean {
  return ((answer[2] ?? 0) & 0x02) !== 0;
}

/** What another server said, as far as it can be read. */
function decoded(answer: Buffer): readonly DnsRecord[] {
  let records: readonly Answer[];
  try {
    records = dnsPacket.decode(answer).answers ?? [];
  } catch {
    return []; // a broken answer tells nothing, which is what the client is told
  }
  return records.flatMap((record) => known(record) ?? []);
}

function known(record: Answer): DnsRecord | undefined {
  if (record.type === "A" || record.type === "AAAA") return addressRecord(record.name, record.data, record.ttl ?? 0);
  return record.type === "CNAME" ? aliasRecord(record.name, record.data, record.ttl ?? 0) : undefined;
}
