import { numberOfDigits } from "../../base/digits.ts";
import { maxTemplateDepth } from "../limits.ts";
import { EvaluationFault, type Expression, FormatFault, type Operator, type Place, type Term } from "./expression.ts";

/** Names that a template may use. */
export interface Names {
  readonly variables: ReadonlySet<string>;
  /** Each takes one argument. */
  readonly functions: ReadonlySet<string>;
}

const INT64_MAX = 2n ** 63n - 1n;
const SPACE = /\s/;
const DIGIT = /[0-9]/;
const NAME_START = /[\p{L}_.]/u;
const NAME = /[\p{L}\p{N}_.*-]/u;
const ESCAPED: Readonly<Record<string, string>> = { n: "\n", '"': '"', "\\": "\\" };

/**
 * Reads a template in the language that Consul 1.8.7 has for prepared queries (HIL as of 2016). Throws `FormatFault` where it cannot be read, and else
 * `EvaluationFault` for the first name that is not there.
 */
export function parseTemplate(text: string, names: Names): Expression {
  const parser = new Parser(text, names);
  const found = parser.literal(undefined);
  if (parser.fault !== undefined) throw new EvaluationFault(parser.fault);
  return found;
}

class Parser {
  /** What is wrong with the first name that is not known. */
  fault: string | undefined;
  readonly #chars: readonly string[];
  readonly #names: Names;
  #at = 0;
  #depth = 0;
  /** Lines are counted up to here, so that each character is looked at once. */
  #counted = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string, names: Names) {
    this.#chars = [...text];
    this.#names = names;
  }

  /** Text with what is to be filled in, up to the closing quote, or to the end when there is none to come. */
  literal(end: '"' | undefined): Expression {
    const parts: Expression[] = [];
    let text = "";
    const close = (): void => {
      if (text !== "") parts.push({ kind: "value", value: text });
      text = "";
    };
    for (;;) {
      const char = this.#chars[this.#at++];
      const next = this.#chars[this.#at];
      if (char === end) break;
      if (char === undefined) throw new FormatFault("a text has no end");
      if (char === "$" && next === "{") {
        close();
        this.#at++;
        parts.push(this.#nested(() => this.#expression()));
        this.#expect("}");
      } else if (char === "$" && next === "$") {
        this.#at++;
        text += "$";
      } else if (end !== undefined && char === "\\" && next !== undefined && ESCAPED[next] !== undefined) {
        this.#at++;
        text += ESCAPED[next];
      } else {
        text += char;
      }
    }
    close();
    const [only, more] = parts;
    return only !== undefined && more === undefined ? only : { kind: "joined", parts };
  }

  #expression(): Expression {
    const at = this.#place();
    const first = this.#operand();
    const rest: Term[] = [];
    for (let operator = this.#operator(); operator !== undefined; operator = this.#operator()) rest.push({ operator, operand: this.#operand() });
    return rest.length === 0 ? first : { kind: "sum", first, rest, at };
  }

  #operand(): Expression {
    const at = this.#place();
    this.#skipSpace();
    const char = this.#chars[this.#at] ?? "";
    if (char === "(") {
      this.#at++;
      const inside = this.#nested(() => this.#expression());
      this.#expect(")");
      return inside;
    }
    if (char === '"') return this.#texts();
    if (DIGIT.test(char)) return this.#number();
    if (char === "-") {
      this.#at++;
      const operand = this.#nested(() => this.#operand());
      return { kind: "sum", first: { kind: "value", value: 0n }, rest: [{ operator: "-", operand }], at };
    }
    if (NAME_START.test(char)) return this.#named(at);
    throw new FormatFault("a value is missing");
  }

  /** Texts between quotes that follow each other are one. */
  #texts(): Expression {
    const parts: Expression[] = [];
    while (this.#chars[this.#at] === '"') {
      this.#at++;
      parts.push(this.#nested(() => this.literal('"')));
      this.#skipSpace();
    }
    const [only, more] = parts;
    return only !== undefined && more === undefined ? only : { kind: "joined", parts };
  }

  #number(): Expression {
    const digits = this.#while(DIGIT);
    if (this.#chars[this.#at] === ".") {
      this.#at++;
      return { kind: "value", value: Number(`${digits}.${this.#while(DIGIT)}`) };
    }
    // As in Go, a nought before it makes it octal.
    const octal = digits.length > 1 && digits.startsWith("0");
    if (octal && /[89]/.test(digits)) throw new FormatFault("no octal number");
    const value = octal ? BigInt(`0o${digits.slice(1)}`) : numberOfDigits(digits);
    if (value > INT64_MAX) throw new FormatFault("a number is too large");
    return { kind: "value", value };
  }

  #named(at: Place): Expression {
    const name = this.#while(NAME);
    this.#skipSpace();
    if (this.#chars[this.#at] === "(") return this.#call(name, at);
    if (this.#chars[this.#at] === "[") return this.#element(name, at);
    if (!this.#names.variables.has(name)) this.#note(at, `unknown variable accessed: ${name}`);
    return { kind: "variable", name };
  }

  #call(name: string, at: Place): Expression {
    this.#at++;
    const given: Expression[] = [];
    // A comma may come first: that is how the list is built up there.
    const from = this.#at;
    if (this.#take(",") || !this.#take(")", from)) {
      do given.push(this.#nested(() => this.#expression()));
      while (this.#take(","));
      this.#expect(")");
    }
    const [argument, more] = given;
    if (!this.#names.functions.has(name)) this.#note(at, `unknown function called: ${name}`);
    else if (argument === undefined || more !== undefined) this.#note(at, `${name}: expected 1 arguments, got ${given.length}`);
    return { kind: "call", name, argument: argument ?? { kind: "value", value: "" } };
  }

  /** There are no lists: what names an element is read to its end, and refused. */
  #element(name: string, { line, column }: Place): Expression {
    this.#at++;
    this.#nested(() => this.#expression());
    this.#expect("]");
    const why = this.#names.variables.has(name) ? "invalid index operation into non-indexable type: TypeString" : `unknown variable accessed: ${name}`;
    this.fault ??= `At column ${column}, line ${line}: ${why}`;
    return { kind: "variable", name };
  }

  #operator(): Operator | undefined {
    this.#skipSpace();
    const char = this.#chars[this.#at];
    if (char !== "+" && char !== "-" && char !== "*" && char !== "/" && char !== "%") return undefined;
    this.#at++;
    return char;
  }

  #note({ line, column }: Place, what: string): void {
    this.fault ??= `${line}:${column}: ${what}`;
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > maxTemplateDepth) throw new FormatFault("it is too deep");
    const found = read();
    this.#depth--;
    return found;
  }

  /** Goes behind the character when it comes next; else to `otherwise`, where that is given. */
  #take(char: string, otherwise?: number): boolean {
    this.#skipSpace();
    const there = this.#chars[this.#at] === char;
    if (there) this.#at++;
    else this.#at = otherwise ?? this.#at;
    return there;
  }

  #expect(char: string): void {
    if (!this.#take(char)) throw new FormatFault(`"${char}" is missing`);
  }

  #while(wanted: RegExp): string {
    const from = this.#at;
    while (wanted.test(this.#chars[this.#at] ?? "")) this.#at++;
    return this.#chars.slice(from, this.#at).join("");
  }

  #skipSpace(): void {
    while (SPACE.test(this.#chars[this.#at] ?? "")) this.#at++;
  }

  /** Of what comes next, and of the space before it. In all lines but the first Consul counts columns from 2. */
  #place(): Place {
    for (; this.#counted < this.#at; this.#counted++) {
      if (this.#chars[this.#counted] !== "\n") continue;
      this.#line++;
      this.#lineStart = this.#counted + 1;
    }
    const line = this.#line;
    const column = this.#at - this.#lineStart + 1;
    return { line, column: line === 1 ? column : column + 1 };
  }
}
