import { BadRequestError, KvorumError } from "../base/errors.ts";
import type { Clock, Random } from "../platform/index.ts";
import { defaultQueryTimeoutMs, type Query } from "./core/index.ts";
import type { Engine } from "./engine.ts";
import { ANSWER_BYTES_MAX, OPEN_QUERIES_MAX, QUERY_BYTES_MAX, RELAY_FACTOR_MAX } from "./limits.ts";
import { Answers } from "./query-run.ts";
import type { QueryOptions } from "./types.ts";
import { encodeFilter, encodeSerf } from "./wire/serf.ts";

/** Query ids are 31 bits at random. */
const ID_BELOW = 2 ** 31;
const NO_BYTES = new Uint8Array();

/** Questions of this node under way, and answers of this node on their way out. */
export class QueryBook {
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #gossipIntervalMs: number;
  readonly #name: string;
  readonly #open = new Map<number, Answers>();

  constructor(parts: { readonly engine: Engine; readonly clock: Clock; readonly random: Random; readonly gossipIntervalMs: number; readonly name: string }) {
    this.#engine = parts.engine;
    this.#clock = parts.clock;
    this.#random = parts.random;
    this.#gossipIntervalMs = parts.gossipIntervalMs;
    this.#name = parts.name;
  }

  ask(options: QueryOptions): Answers {
    const { gossip, serf } = this.#engine;
    const relayFactor = options.relayFactor ?? 0;
    if (!Number.isInteger(relayFactor) || relayFactor < 0 || relayFactor > RELAY_FACTOR_MAX)
      throw new BadRequestError(`Cannot ask: relay factor ${relayFactor} is not 0 to ${RELAY_FACTOR_MAX}`);
    if (this.#open.size >= OPEN_QUERIES_MAX) throw new KvorumError("too-many-requests", `Cannot ask: ${OPEN_QUERIES_MAX} queries are under way`);
    const timeoutMs = Math.max(1, options.timeoutMs ?? defaultQueryTimeoutMs(this.#gossipIntervalMs, gossip.aliveCount));
    let id = this.#random.int(ID_BELOW);
    while (this.#open.has(id)) id = this.#random.int(ID_BELOW);
    const filters = options.filters === undefined || options.filters.length === 0 ? undefined : options.filters.map(encodeFilter);
    const asking = { id, name: options.name, payload: options.payload, filters, wantAcks: options.wantAcks ?? false, relayFactor, timeoutMs };
    const bytes = encodeSerf({
      kind: "query",
      ltime: serf.clocks.query,
      addr: new Uint8Array(4),
      port: 0xffff,
      sourceNode: this.#name,
      flags: 1,
      timeoutNs: BigInt(Math.round(timeoutMs)) * 1_000_000n,
      ...asking,
    }).length;
    if (bytes > QUERY_BYTES_MAX)
      throw new BadRequestError(`Cannot ask "${options.name}": the query has ${bytes} bytes, at most ${QUERY_BYTES_MAX} are allowed`);
    const answers = new Answers(timeoutMs, () => void this.#open.delete(id));
    this.#open.set(id, answers);
    this.#engine.serfStep({ kind: "ask", query: asking });
    return answers;
  }

  answered(answer: { readonly id: number; readonly from: string; readonly ack: boolean; readonly payload: Uint8Array | undefined }): void {
    this.#open.get(answer.id)?.push({ from: answer.from, ack: answer.ack, payload: answer.payload ?? NO_BYTES });
  }

  done(id: number): void {
    this.#open.get(id)?.end();
    this.#open.delete(id);
  }

  close(): void {
    for (const answers of this.#open.values()) answers.end();
    this.#open.clear();
  }

  /** Sends this node's answer to somebody's query. */
  respond(query: Query, deadlineMs: number, payload: Uint8Array): void {
    if (this.#clock.now() > deadlineMs) throw new KvorumError("timeout", `Cannot answer "${query.name}": its time is up`);
    const bytes = encodeSerf({ kind: "response", ltime: query.ltime, id: query.id, from: this.#name, flags: 0, payload }).length;
    if (bytes > ANSWER_BYTES_MAX)
      throw new BadRequestError(`Cannot answer "${query.name}": the answer has ${bytes} bytes, at most ${ANSWER_BYTES_MAX} are allowed`);
    this.#engine.serfStep({ kind: "answer", query, payload });
  }
}
