import { FilterSyntaxFault } from "./fault.ts";

/** White space, as messages show it. */
const BLANKS = "[ \\t\\r\\n]";

/**
 * Reads terminals of a text and remembers which were expected at the furthest place that any attempt came to: what a parsing expression
 * grammar says when nothing fits (Ford 2004, and the messages of Consul's parser).
 */
export class Scanner {
  readonly text: string;
  at = 0;
  #furthest = 0;
  readonly #expected = new Set<string>();

  constructor(text: string) {
    this.text = text;
  }

  /** These very characters. */
  literal(wanted: string): boolean {
    if (!this.text.startsWith(wanted, this.at)) return this.#miss(JSON.stringify(wanted));
    this.at += wanted.length;
    return true;
  }

  /** One character that the sticky pattern takes; `shown` is its class in messages. */
  one(pattern: RegExp, shown: string): boolean {
    const char = this.text[this.at];
    if (char === undefined || !pattern.test(char)) return this.#miss(shown);
    this.at++;
    return true;
  }

  /** As many of them as there are; true when there was any. */
  many(pattern: RegExp, shown: string): boolean {
    const from = this.at;
    while (this.one(pattern, shown));
    return this.at > from;
  }

  blanks(): boolean {
    return this.many(/[ \t\r\n]/, BLANKS);
  }

  end(): boolean {
    return this.at >= this.text.length || this.#miss("");
  }

  /** What stands between white space and white space. */
  words(...words: readonly string[]): boolean {
    for (const word of words) if (!this.blanks() || !this.literal(word)) return false;
    return true;
  }

  /** Goes back to where it was when `read` gives nothing. */
  attempt<T>(read: () => T | undefined): T | undefined {
    const from = this.at;
    const found = read();
    if (found === undefined) this.at = from;
    return found;
  }

  /** Nothing fits. */
  noMatch(): FilterSyntaxFault {
    const terminals = [...this.#expected].filter((shown) => shown !== "").sort();
    if (this.#expected.has("")) terminals.push("EOF");
    const last = terminals.pop() ?? "EOF";
    return new FilterSyntaxFault(
      `${this.#place(this.#furthest)}: no match found, expected: ${terminals.length === 0 ? last : `${terminals.join(", ")} or ${last}`}`,
    );
  }

  /** Something fits but is wrong; `rule` is what was being read. */
  fault(rule: string, reason: string, at = this.at): FilterSyntaxFault {
    return new FilterSyntaxFault(`${this.#place(at)}: rule ${JSON.stringify(rule)}: ${reason}`);
  }

  #miss(shown: string): false {
    if (this.at > this.#furthest) {
      this.#furthest = this.at;
      this.#expected.clear();
    }
    if (this.at === this.#furthest) this.#expected.add(shown);
    return false;
  }

  /** Line, column in characters and offset in bytes. */
  #place(at: number): string {
    const before = this.text.slice(0, at);
    const line = before.slice(before.lastIndexOf("\n") + 1);
    return `${before.split("\n").length}:${[...line].length + 1} (${Buffer.byteLength(before)})`;
  }
}
