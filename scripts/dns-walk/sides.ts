import { isDeepStrictEqual } from "node:util";
import type { Heard } from "../../test/dns/asking.ts";
import type { DnsAgent } from "../../test/dns/recording.ts";

export interface Difference {
  readonly question: string;
  readonly ours: string;
  readonly theirs: string;
}

/** How long an answer is waited for; some questions are passed over. */
const PATIENCE_MS = 1_500;
/** How often a question is asked again where chance may have had a part in the answer. */
const ROUNDS = 40;
/** Answers are kept for a second; after that chance is asked anew. */
const KEPT_MS = 1_100;

/** Everything that was heard to one question, however often it was asked. */
class Union {
  readonly #parts = new Map<string, Set<string>>();

  add(heard: Heard | null): void {
    if (heard === null) return this.#note("head", "silence");
    this.#note("head", heard.head);
    this.#note("question", heard.question.join());
    for (const section of ["answer", "authority", "additional"] as const) {
      for (const record of heard[section]) this.#note(section, record.replace(/(SOA \S+ \S+) \d+/, "$1 <time>"));
    }
    this.#note("counts", [heard.answer.length, heard.authority.length, heard.additional.length].join("/"));
    // others' answers are handed on as they came, where Consul writes them anew
    if (heard.head.includes(" aa")) this.#note("bytes", String(heard.bytes));
  }

  get parts(): object {
    return Object.fromEntries([...this.#parts].map(([part, seen]) => [part, [...seen].sort()]));
  }

  #note(part: string, text: string): void {
    const seen = this.#parts.get(part) ?? new Set();
    this.#parts.set(part, seen.add(text));
  }
}

/** This Kvorum and Consul, given and asked the same. */
export class Sides {
  readonly #ours: DnsAgent;
  readonly #theirs: DnsAgent;
  readonly differences: Difference[] = [];

  constructor(ours: DnsAgent, theirs: DnsAgent) {
    this.#ours = ours;
    this.#theirs = theirs;
  }

  async put(method: "PUT" | "POST", path: string, body: object): Promise<void> {
    const [a, b] = await Promise.all([this.#ours, this.#theirs].map((side) => side.api.ask(method, path, { body: JSON.stringify(body) })));
    if (a?.status !== b?.status || (a?.status !== 200 && a?.body.toString() !== b?.body.toString())) {
      this.differences.push({ question: `${method} ${path} ${JSON.stringify(body)}`, ours: `${a?.status} ${a?.body}`, theirs: `${b?.status} ${b?.body}` });
    }
  }

  /** Asks both, again and again while what was heard in all differs and may yet become the same. */
  async compare(question: string): Promise<void> {
    const [ours, theirs] = [new Union(), new Union()];
    for (let round = 0; round < ROUNDS; round++) {
      const [a, b] = await Promise.all([this.#heard(this.#ours, question), this.#heard(this.#theirs, question)]);
      ours.add(a);
      theirs.add(b);
      if (isDeepStrictEqual(ours.parts, theirs.parts)) return;
      // Consul says nothing at all where it cannot write its answer: names and texts that the catalog takes and DNS does not
      if (b === null) return;
      if (round === ROUNDS / 2) await new Promise((resolve) => setTimeout(resolve, KEPT_MS));
      if (a === null || (a.answer.length < 2 && b.answer.length < 2 && round > 2)) break;
    }
    this.differences.push({ question, ours: JSON.stringify(ours.parts), theirs: JSON.stringify(theirs.parts) });
  }

  async #heard(side: DnsAgent, question: string): Promise<Heard | null> {
    try {
      return await side.answer(question, PATIENCE_MS);
    } catch (error) {
      return { head: `cannot be read: ${error}`, question: [], answer: [], authority: [], additional: [], bytes: 0 };
    }
  }
}
