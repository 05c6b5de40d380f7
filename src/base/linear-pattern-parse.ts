import { readClass, readEscape, type Takes } from "./linear-pattern-class.ts";

export type Assertion = "text-start" | "text-end" | "line-start" | "line-end" | "word-edge" | "no-word-edge";
/** Steps of an automaton; one after the last means that it has matched. `by` counts from the step itself. */
export type Step =
  | { readonly op: "take"; readonly takes: Takes }
  | { readonly op: "jump"; readonly by: number }
  /** Goes on with the next step and with the one `by` further, rather with the next unless `lazy`. */
  | { readonly op: "fork"; readonly by: number; readonly lazy?: boolean }
  /** Notes where a group begins (even) or ends (odd): twice its number, and one more. */
  | { readonly op: "note"; readonly slot: number }
  | { readonly op: "assert"; readonly that: Assertion };
export type Program = readonly Step[];

/** Go's own bound for a repetition count. */
const REPEAT_MAX = 1000;
/** Steps of a whole program: with a text of a kilobyte the work stays in the milliseconds. */
const STEPS_MAX = 4000;
const DEPTH_MAX = 100;

/** What is wrong with an expression, in the words of Go's regexp, which quote the place. */
class PatternFault extends Error {
  constructor(what: string, place: string) {
    super(`error parsing regexp: ${what}: \`${place}\``);
  }
}

interface Flags {
  readonly ignoreCase: boolean;
  readonly dotAll: boolean;
  readonly multiLine: boolean;
}

/** The program; for what is no expression of Go's syntax, or is beyond the bounds, Go's message. */
export function compilePattern(pattern: string): Program | string {
  try {
    const reader = new Reader(pattern);
    const program = reader.alternatives(0);
    if (!reader.atEnd) throw new PatternFault("unexpected )", pattern);
    return program;
  } catch (fault) {
    if (fault instanceof PatternFault) return fault.message;
    throw fault;
  }
}

class Reader {
  readonly #chars: readonly string[];
  #at = 0;
  #flags: Flags = { ignoreCase: false, dotAll: false, multiLine: false };
  #groups = 0;

  constructor(pattern: string) {
    this.#chars = [...pattern];
  }

  get atEnd(): boolean {
    return this.#at >= this.#chars.length;
  }

  alternatives(depth: number): Program {
    if (depth > DEPTH_MAX) throw new PatternFault("expression nests too deeply", this.#whole);
    const before = this.#flags;
    let program = this.#sequence(depth);
    while (this.#eat("|")) {
      const other = this.#sequence(depth);
      program = bounded([{ op: "fork", by: program.length + 2 }, ...program, { op: "jump", by: other.length + 1 }, ...other]);
    }
    this.#flags = before;
    return program;
  }

  #sequence(depth: number): Program {
    const steps: Step[] = [];
    while (!this.atEnd && this.#peek !== "|" && this.#peek !== ")") {
      if (this.#eatText("\\Q")) {
        for (let at = this.#literalEnd(); this.#at < at; this.#at++) steps.push(this.#literal(this.#peek));
        this.#eatText("\\E");
      } else steps.push(...this.#repeated(this.#atom(depth)));
      bounded(steps);
    }
    return steps;
  }

  #atom(depth: number): Program {
    const char = this.#next();
    const { dotAll, multiLine } = this.#flags;
    if (char === "(") return this.#group(depth);
    if (char === "[") return [this.#taking(this.#read(readClass, () => this.#classFault()))];
    if (char === ".") return [{ op: "take", takes: dotAll ? () => true : (point) => point !== 0x0a }];
    if (char === "^") return [{ op: "assert", that: multiLine ? "line-start" : "text-start" }];
    if (char === "$") return [{ op: "assert", that: multiLine ? "line-end" : "text-end" }];
    if (char === "*" || char === "+" || char === "?") throw new PatternFault("missing argument to repetition operator", char);
    if (char !== "\\") return [this.#literal(char)];
    const edges: Readonly<Record<string, Assertion>> = { A: "text-start", z: "text-end", b: "word-edge", B: "no-word-edge" };
    if (this.atEnd) throw new PatternFault("trailing backslash at end of expression", "");
    const edge = edges[this.#peek];
    if (edge === undefined) return [this.#taking(this.#read(readEscape, () => this.#escapeFault(this.#at)))];
    this.#at++;
    return [{ op: "assert", that: edge }];
  }

  #group(depth: number): Program {
    if (!this.#eat("?")) return this.#noted(depth);
    if (this.#eatText("P<") || this.#eat("<")) {
      const from = this.#at;
      while (!this.atEnd && this.#peek !== ">") this.#at++;
      if (this.atEnd || !/^\w+$/.test(this.#chars.slice(from, this.#at).join("")))
        throw new PatternFault("invalid named capture", `(?P<${this.#chars.slice(from, this.#at + 1).join("")}`);
      this.#at++;
      return this.#noted(depth);
    }
    const before = this.#flags;
    const from = this.#at - 2;
    let on = true;
    for (;;) {
      if (this.atEnd) throw new PatternFault("missing argument to repetition operator", "?");
      const char = this.#next();
      if (char === "-") on = false;
      else if (char === "i") this.#flags = { ...this.#flags, ignoreCase: on };
      else if (char === "s") this.#flags = { ...this.#flags, dotAll: on };
      else if (char === "m") this.#flags = { ...this.#flags, multiLine: on };
      else if (char === ")")
        return []; // flags for the rest of the group around
      else if (char === ":") break;
      else if (char !== "U") throw new PatternFault("invalid or unsupported Perl syntax", this.#chars.slice(from, this.#at).join(""));
    }
    const program = this.#closed(depth);
    this.#flags = before;
    return program;
  }

  /** A group that is remembered; groups count by their opening brackets. */
  #noted(depth: number): Program {
    const slot = 2 * ++this.#groups;
    return bounded([{ op: "note", slot }, ...this.#closed(depth), { op: "note", slot: slot + 1 }]);
  }

  #closed(depth: number): Program {
    const program = this.alternatives(depth + 1);
    if (!this.#eat(")")) throw new PatternFault("missing closing )", this.#whole);
    return program;
  }

  /** What follows an atom: `*`, `+`, `?`, `{n,m}`, each perhaps lazy. */
  #repeated(atom: Program): Program {
    const char = this.#peek;
    const from = this.#at;
    const counts = char === "{" ? this.#counts() : undefined;
    if (counts === undefined && char !== "*" && char !== "+" && char !== "?") return atom;
    if (counts === undefined) this.#at++;
    const lazy = this.#eat("?");
    if (this.#peek === "*" || this.#peek === "+" || this.#peek === "?")
      throw new PatternFault("invalid nested repetition operator", this.#chars.slice(from, this.#at + 1).join(""));
    if (counts !== undefined) return times(atom, { ...counts, lazy });
    return char === "*" ? many(atom, lazy) : char === "+" ? [...atom, ...many(atom, lazy)] : maybe(atom, lazy);
  }

  /** A `{` that begins no count is itself. */
  #counts(): { readonly least: number; readonly most: number } | undefined {
    const match = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.#chars.slice(this.#at, this.#at + 12).join(""));
    if (match === null) return undefined;
    this.#at += match[0].length;
    const least = Number(match[1]);
    const most = match[2] === undefined ? least : match[3] === "" ? Number.POSITIVE_INFINITY : Number(match[3]);
    if (least > REPEAT_MAX || (most > REPEAT_MAX && most !== Number.POSITIVE_INFINITY) || most < least)
      throw new PatternFault("invalid repeat count", match[0]);
    return { least, most };
  }

  #literal(char: string): Step {
    const wanted = char.codePointAt(0) ?? 0;
    return this.#taking((point) => point === wanted);
  }

  #taking(takes: Takes): Step {
    return { op: "take", takes: this.#flags.ignoreCase ? (point) => cases(point).some(takes) : takes };
  }

  #read(read: (chars: readonly string[], at: number) => { readonly takes: Takes; readonly end: number } | undefined, fault: () => PatternFault): Takes {
    const result = read(this.#chars, this.#at);
    if (result === undefined) throw fault();
    this.#at = result.end;
    return result.takes;
  }

  #literalEnd(): number {
    for (let at = this.#at; at < this.#chars.length; at++) if (this.#chars[at] === "\\" && this.#chars[at + 1] === "E") return at;
    return this.#chars.length;
  }

  get #whole(): string {
    return this.#chars.join("");
  }

  /** What is wrong with the class that begins before this place. */
  #classFault(): PatternFault {
    const rest = this.#chars.slice(this.#at).join("");
    const escaped = /\\[A-Za-z8-9]/.exec(rest);
    const close = rest.indexOf("]", rest.startsWith("^") ? 2 : 1);
    const named = /\[:[^\]]*:\]/.exec(rest);
    if (named !== null) return new PatternFault("invalid character class range", named[0]);
    if (close === -1) return new PatternFault("missing closing ]", `[${rest}`);
    const inside = rest.slice(0, close);
    const backwards = [...inside.matchAll(/([^\\])-(.)/gs)].find(([, low = "", high = ""]) => (low.codePointAt(0) ?? 0) > (high.codePointAt(0) ?? 0));
    if (backwards !== undefined) return new PatternFault("invalid character class range", backwards[0]);
    return escaped === null ? new PatternFault("invalid character class range", inside) : this.#escapeFault(this.#at + escaped.index + 1);
  }

  /** What is wrong with the escape whose letter stands at `at`. */
  #escapeFault(at: number): PatternFault {
    const rest = this.#chars.slice(at).join("");
    const property = /^[pP](?:\{[^}]*\}|.)?/su.exec(rest);
    return property === null
      ? new PatternFault("invalid escape sequence", `\\${rest.slice(0, 1)}`)
      : new PatternFault("invalid character class range", `\\${property[0]}`);
  }

  get #peek(): string {
    return this.#chars[this.#at] ?? "";
  }

  #next(): string {
    return this.#chars[this.#at++] ?? "";
  }

  #eat(char: string): boolean {
    if (this.#peek !== char) return false;
    this.#at++;
    return true;
  }

  #eatText(text: string): boolean {
    if (![...text].every((char, at) => this.#chars[this.#at + at] === char)) return false;
    this.#at += text.length;
    return true;
  }
}

function bounded(program: Program): Program {
  if (program.length > STEPS_MAX) throw new PatternFault("expression is too large", `${STEPS_MAX} steps`);
  return program;
}

function many(atom: Program, lazy: boolean): Program {
  return bounded([{ op: "fork", by: atom.length + 2, lazy }, ...atom, { op: "jump", by: -atom.length - 1 }]);
}

function maybe(atom: Program, lazy: boolean): Program {
  return bounded([{ op: "fork", by: atom.length + 1, lazy }, ...atom]);
}

function times(atom: Program, { least, most, lazy }: { readonly least: number; readonly most: number; readonly lazy: boolean }): Program {
  const optional = most === Number.POSITIVE_INFINITY ? 0 : most - least;
  if (atom.length * (least + optional) + optional > STEPS_MAX) throw new PatternFault("invalid repeat count", `{${least}}`);
  const steps: Step[] = [];
  for (let at = 0; at < least; at++) steps.push(...atom);
  for (let at = 0; at < optional; at++) steps.push(...maybe(atom, lazy));
  if (most === Number.POSITIVE_INFINITY) steps.push(...many(atom, lazy));
  return bounded(steps);
}

/** A character and its other cases. */
function cases(point: number): readonly number[] {
  const char = String.fromCodePoint(point);
  return [char, char.toLowerCase(), char.toUpperCase()].map((each) => each.codePointAt(0) ?? point);
}
