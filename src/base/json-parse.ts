import type { JsonObject, JsonValue } from "./json.ts";

/** What is not JSON. The message is Go's (encoding/json), since Consul's clients see it. */
export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
}

/** A deeper nesting than this is refused; Go allows 10,000, which would cost this parser its stack. */
const MAX_DEPTH = 1_000;

/**
 * Reads the first JSON value of a text, as Go's `json.Decoder` does: what follows it is not looked at.
 * Objects have no prototype, so that a member may have any name; of members of one name the last counts.
 * Throws `JsonSyntaxError` with Go's words: `EOF` when there is no value, `unexpected EOF` when it is cut off.
 */
export function parseJson(text: string): JsonValue {
  const parser = new Parser(text);
  if (parser.atEnd()) throw new JsonSyntaxError("EOF");
  return parser.value("looking for beginning of value", 0);
}

/** Reads a text that is one JSON value and nothing else, as Go's `json.Unmarshal` does. */
export function parseWholeJson(text: string): JsonValue {
  const parser = new Parser(text);
  if (parser.atEnd()) throw new JsonSyntaxError("unexpected end of JSON input");
  const value = parser.value("looking for beginning of value", 0);
  if (!parser.atEnd()) throw parser.unexpected("after top-level value");
  return value;
}

/** A whole number with more is refused: Go has no type for it either, and to read a million digits would keep the loop for half a second. */
const MAX_DIGITS = 1_000;

const ESCAPES: Readonly<Record<string, string>> = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const LONE = /\p{Surrogate}/gu;
const NUMBER_START = /[-0-9]/;

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Skips blanks; true when nothing is left. */
  atEnd(): boolean {
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return false;
    }
    return true;
  }

  unexpected(where: string): JsonSyntaxError {
    const char = this.#text[this.#at];
    return new JsonSyntaxError(char === undefined ? "unexpected EOF" : `invalid character ${quoteChar(char)} ${where}`);
  }

  value(where: string, depth: number): JsonValue {
    if (depth > MAX_DEPTH) throw new JsonSyntaxError("exceeded max depth");
    if (this.atEnd()) throw this.unexpected(where);
    const char = this.#text[this.#at] ?? "";
    if (char === '"') return this.#string();
    if (char === "{") return this.#object(depth);
    if (char === "[") return this.#array(depth);
    if (char === "t") return this.#word("true", true);
    if (char === "f") return this.#word("false", false);
    if (char === "n") return this.#word("null", null);
    if (NUMBER_START.test(char)) return this.#number();
    throw this.unexpected(where);
  }

  #object(depth: number): JsonObject {
    const object: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>;
    this.#at++;
    if (this.#next("looking for beginning of object key string") === "}") {
      this.#at++;
      return object;
    }
    for (;;) {
      if (this.#next("looking for beginning of object key string") !== '"') throw this.unexpected("looking for beginning of object key string");
      const name = this.#string();
      if (this.#next("after object key") !== ":") throw this.unexpected("after object key");
      this.#at++;
      object[name] = this.value("looking for beginning of value", depth + 1);
      const after = this.#next("after object key:value pair");
      if (after !== "," && after !== "}") throw this.unexpected("after object key:value pair");
      this.#at++;
      if (after === "}") return object;
    }
  }

  #array(depth: number): JsonValue[] {
    const list: JsonValue[] = [];
    this.#at++;
    if (this.#next("looking for beginning of value") === "]") {
      this.#at++;
      return list;
    }
    for (;;) {
      list.push(this.value("looking for beginning of value", depth + 1));
      const after = this.#next("after array element");
      if (after !== "," && after !== "]") throw this.unexpected("after array element");
      this.#at++;
      if (after === "]") return list;
    }
  }

  /** The next character that is no blank; throws at the end. */
  #next(where: string): string {
    if (this.atEnd()) throw this.unexpected(where);
    return this.#text[this.#at] ?? "";
  }

  #word<T>(word: string, value: T): T {
    for (let more = 1; more < word.length; more++) {
      this.#at++;
      const wanted = word[more] ?? "";
      if (this.#text[this.#at] !== wanted) throw this.unexpected(`in literal ${word} (expecting ${quoteChar(wanted)})`);
    }
    this.#at++;
    return value;
  }

  #string(): string {
    let out = "";
    let from = ++this.#at;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x22) break;
      if (Number.isNaN(code) || code < 0x20) throw this.unexpected("in string literal");
      if (code === 0x5c) {
        out += this.#text.slice(from, this.#at) + this.#escape();
        from = this.#at;
      } else {
        this.#at++;
      }
    }
    out += this.#text.slice(from, this.#at++);
    return out.replace(LONE, "\ufffd");
  }

  /** Stands on a backslash, ends behind the escape. */
  #escape(): string {
    const char = this.#text[++this.#at];
    if (char === "u") {
      let code = 0;
      for (let digit = 0; digit < 4; digit++) {
        const value = Number.parseInt(this.#text[++this.#at] ?? "", 16);
        if (Number.isNaN(value)) throw this.unexpected("in \\u hexadecimal character escape");
        code = code * 16 + value;
      }
      this.#at++;
      return String.fromCharCode(code);
    }
    const meant = char === undefined ? undefined : ESCAPES[char];
    if (meant === undefined) throw this.unexpected("in string escape code");
    this.#at++;
    return meant;
  }

  #number(): number | bigint {
    const start = this.#at;
    let whole = true;
    if (this.#text[this.#at] === "-") this.#at++;
    if (this.#text[this.#at] === "0") this.#at++;
    else this.#digits("in numeric literal");
    if (this.#text[this.#at] === ".") {
      whole = false;
      this.#at++;
      this.#digits("after decimal point in numeric literal");
    }
    if (this.#text[this.#at] === "e" || this.#text[this.#at] === "E") {
      whole = false;
      this.#at++;
      if (this.#text[this.#at] === "+" || this.#text[this.#at] === "-") this.#at++;
      this.#digits("in exponent of numeric literal");
    }
    const literal = this.#text.slice(start, this.#at);
    const value = Number(literal);
    if (whole && literal.length > MAX_DIGITS) throw new JsonSyntaxError(`cannot unmarshal a number of ${literal.length} digits`);
    return whole && !Number.isSafeInteger(value) ? BigInt(literal) : value;
  }

  #digits(where: string): void {
    const start = this.#at;
    while (isDigit(this.#text.charCodeAt(this.#at))) this.#at++;
    if (this.#at === start) throw this.unexpected(where);
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** A character in single quotes, as Go's scanner names it. */
function quoteChar(char: string): string {
  if (char === "'") return "'\\''";
  if (char === '"') return "'\"'";
  const code = char.charCodeAt(0);
  if (char === "\\") return "'\\\\'";
  const named: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f", "\v": "\\v", "\u0007": "\\a" };
  const name = named[char];
  if (name !== undefined) return `'${name}'`;
  if (code < 0x20 || code === 0x7f) return `'\\x${code.toString(16).padStart(2, "0")}'`;
  // Go looks at one byte of UTF-8 at a time and names that byte as if it were a character
  return code < 0x80 ? `'${char}'` : `'${String.fromCharCode(Buffer.from(char, "utf8")[0] ?? code)}'`;
}
