import { readClass, readEscape, type Takes } from "./linear-pattern-class.ts";

export type Assertion = "text-start" | "text-end" | "line-start" | "line-end" | "word-edge" | "no-word-edge";
/** Steps of an automaton; one after the last means that it has matched. `by` counts from the step itself. */
export type Step =
  | { readonly op: "take"; readonly takes: Takes }
  | { readonly op: "jump"; readonly by: number }
  /** Goes on with the next step and with the one `by` further. */
  | { readonly op: "fork"; readonly by: number }
  | { readonly op: "assert"; readonly that: Assertion };
export type Program = readonly Step[];

/** Go's own bound for a repetition count. */
const REPEAT_MAX = 1000;
/** Steps of a whole program: with a text of a kilobyte the work stays in the milliseconds. */
const STEPS_MAX = 4000;
const DEPTH_MAX = 100;

class PatternFault extends Error {}

interface Flags {
  readonly ignoreCase: boolean;
  readonly dotAll: boolean;
  readonly multiLine: boolean;
}

/** `undefined` for what is no expression of Go's syntax, or is beyond the bounds. */
export function compilePattern(pattern: string): Program | undefined {
  try {
    const reader = new Reader(pattern);
    const program = reader.alternatives(0);
    return reader.atEnd ? program : undefined;
  } catch (fault) {
    if (fault instanceof PatternFault) return undefined;
    throw fault;
  }
}

class Reader {
  readonly #chars: readonly string[];
  #at = 0;
  #flags: Flags = { ignoreCase: false, dotAll: false, multiLine: false };

  constructor(pattern: string) {
    this.#chars = [...pattern];
  }

  get atEnd(): boolean {
    return this.#at >= this.#chars.length;
  }

  alternatives(depth: number): Program {
    if (depth > DEPTH_MAX) throw new PatternFault();
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
    if (char === "[") return [this.#taking(this.#read(readClass))];
    if (char === ".") return [{ op: "take", takes: dotAll ? () => true : (point) => point !== 0x0a }];
    if (char === "^") return [{ op: "assert", that: multiLine ? "line-start" : "text-start" }];
    if (char === "$") return [{ op: "assert", that: multiLine ? "line-end" : "text-end" }];
    if (char === "*" || char === "+" || char === "?") throw new PatternFault();
    if (char !== "\\") return [this.#literal(char)];
    const edges: Readonly<Record<string, Assertion>> = { A: "text-start", z: "text-end", b: "word-edge", B: "no-word-edge" };
    const edge = edges[this.#peek];
    if (edge === undefined) return [this.#taking(this.#read(readEscape))];
    this.#at++;
    return [{ op: "assert", that: edge }];
  }

  #group(depth: number): Program {
    if (!this.#eat("?")) return this.#closed(depth);
    if (this.#eatText("P<") || this.#eat("<")) {
      const from = this.#at;
      while (!this.atEnd && this.#peek !== ">") this.#at++;
      if (!/^\w+$/.test(this.#chars.slice(from, this.#at).join(""))) throw new PatternFault();
      this.#at++;
      return this.#closed(depth);
    }
    const before = this.#flags;
    let on = true;
    for (;;) {
      const char = this.#next();
      if (char === "-") on = false;
      else if (char === "i") this.#flags = { ...this.#flags, ignoreCase: on };
      else if (char === "s") this.#flags = { ...this.#flags, dotAll: on };
      else if (char === "m") this.#flags = { ...this.#flags, multiLine: on };
      else if (char === ")")
        return []; // flags for the rest of the group around
      else if (char === ":") break;
      else if (char !== "U") throw new PatternFault();
    }
    const program = this.#closed(depth);
    this.#flags = before;
    return program;
  }

  #closed(depth: number): Program {
    const program = this.alternatives(depth + 1);
    if (!this.#eat(")")) throw new PatternFault();
    return program;
  }

  /** What follows an atom: `*`, `+`, `?`, `{n,m}`, each perhaps lazy, which makes no difference here. */
  #repeated(atom: Program): Program {
    const char = this.#peek;
    const counts = char === "{" ? this.#counts() : undefined;
    if (counts === undefined && char !== "*" && char !== "+" && char !== "?") return atom;
    if (counts === undefined) this.#at++;
    this.#eat("?");
    if (this.#peek === "*" || this.#peek === "+" || this.#peek === "?") throw new PatternFault();
    if (counts !== undefined) return times(atom, counts);
    return char === "*" ? many(atom) : char === "+" ? [...atom, ...many(atom)] : maybe(atom);
  }

  /** A `{` that begins no count is itself. */
  #counts(): { readonly least: number; readonly most: number } | undefined {
    const match = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.#chars.slice(this.#at, this.#at + 12).join(""));
    if (match === null) return undefined;
    this.#at += match[0].length;
    const least = Number(match[1]);
    const most = match[2] === undefined ? least : match[3] === "" ? Number.POSITIVE_INFINITY : Number(match[3]);
    if (least > REPEAT_MAX || (most > REPEAT_MAX && most !== Number.POSITIVE_INFINITY) || most < least) throw new PatternFault();
    return { least, most };
  }

  #literal(char: string): Step {
    const wanted = char.codePointAt(0) ?? 0;
    return this.#taking((point) => point === wanted);
  }

  #taking(takes: Takes): Step {
    return { op: "take", takes: this.#flags.ignoreCase ? (point) => cases(point).some(takes) : takes };
  }

  #read(read: (chars: readonly string[], at: number) => { readonly takes: Takes; readonly end: number } | undefined): Takes {
    const result = read(this.#chars, this.#at);
    if (result === undefined) throw new PatternFault();
    this.#at = result.end;
    return result.takes;
  }

  #literalEnd(): number {
    for (let at = this.#at; at < this.#chars.length; at++) if (this.#chars[at] === "\\" && this.#chars[at + 1] === "E") return at;
    return this.#chars.length;
  }

  get #peek(): string {
    return this.#chars[this.#at] ?? "";
  }

  #next(): string {
    const char = this.#chars[this.#at++];
    if (char === undefined) throw new PatternFault();
    return char;
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
  if (program.length > STEPS_MAX) throw new PatternFault();
  return program;
}

function many(atom: Program): Program {
  return bounded([{ op: "fork", by: atom.length + 2 }, ...atom, { op: "jump", by: -atom.length - 1 }]);
}

function maybe(atom: Program): Program {
  return bounded([{ op: "fork", by: atom.length + 1 }, ...atom]);
}

function times(atom: Program, { least, most }: { readonly least: number; readonly most: number }): Program {
  const optional = most === Number.POSITIVE_INFINITY ? 0 : most - least;
  if (atom.length * (least + optional) + optional > STEPS_MAX) throw new PatternFault();
  const steps: Step[] = [];
  for (let at = 0; at < least; at++) steps.push(...atom);
  for (let at = 0; at < optional; at++) steps.push(...maybe(atom));
  if (most === Number.POSITIVE_INFINITY) steps.push(...many(atom));
  return bounded(steps);
}

/** A character and its other cases. */
function cases(point: number): readonly number[] {
  const char = String.fromCodePoint(point);
  return [char, char.toLowerCase(), char.toUpperCase()].map((each) => each.codePointAt(0) ?? point);
}
