import { ConfigError } from "../decode.ts";

export type TokenKind = "identifier" | "string" | "heredoc" | "number" | "bool" | "{" | "}" | "[" | "]" | "=" | "," | ":" | "end";

export interface Token {
  readonly kind: TokenKind;
  /** The value of strings and heredocs, the text of everything else. */
  readonly text: string;
  readonly raw: string;
  readonly line: number;
  readonly column: number;
}

const IDENTIFIER = /[\p{L}_][\p{L}\p{N}_.-]*/uy;
const NUMBER = /-?(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;
const HEREDOC = /<<(-?)([\p{L}_][\p{L}\p{N}_]*)\r?\n/uy;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", a: "\x07", b: "\b", f: "\f", v: "\v", '"': '"', "\\": "\\" };

/** Cuts a text of HCL version 1 into tokens; comments (`#`, `//`, slash-star) are left out. Source: the HCL 1 specification. */
export function tokens(text: string): Token[] {
  const lexer = new Lexer(text.startsWith("\ufeff") ? text.slice(1) : text);
  const out: Token[] = [];
  for (;;) {
    const token = lexer.next();
    out.push(token);
    if (token.kind === "end") return out;
  }
}

/** The error that names line and column, as Consul's parser words it. */
export function syntaxError(at: { readonly line: number; readonly column: number }, what: string): ConfigError {
  return new ConfigError(`At ${at.line}:${at.column}: ${what}`);
}

class Lexer {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    this.#skipBlank();
    const place = { line: this.#line, column: this.#at - this.#lineStart + 1 };
    const start = this.#at;
    const make = (kind: TokenKind, text: string): Token => ({ kind, text, raw: this.#text.slice(start, this.#at), ...place });
    const first = this.#text[this.#at];
    if (first === undefined) return make("end", "");
    if (first === '"') return make("string", this.#string(place));
    if (first === "<") return make("heredoc", this.#heredoc(place));
    if ("{}[]=,:".includes(first)) {
      this.#at += 1;
      return make(first as TokenKind, first);
    }
    const number = this.#match(NUMBER);
    if (number !== undefined) return make("number", number[0]);
    const name = this.#match(IDENTIFIER);
    if (name === undefined) throw syntaxError(place, `illegal character ${JSON.stringify(first)}`);
    return make(name[0] === "true" || name[0] === "false" ? "bool" : "identifier", name[0]);
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#advance(match[0].length);
    return match;
  }

  #advance(count: number): void {
    for (let left = count; left > 0; left--) {
      if (this.#text[this.#at] === "\n") {
        this.#line += 1;
        this.#lineStart = this.#at + 1;
      }
      this.#at += 1;
    }
  }

  #skipBlank(): void {
    for (;;) {
      const blank = this.#match(/[ \t\r\n]+|(?:#|\/\/)[^\n]*/y);
      if (blank !== undefined) continue;
      if (!this.#text.startsWith("/*", this.#at)) return;
      const end = this.#text.indexOf("*/", this.#at + 2);
      if (end < 0) throw syntaxError({ line: this.#line, column: this.#at - this.#lineStart + 1 }, "comment not terminated");
      this.#advance(end + 2 - this.#at);
    }
  }

  /** A quoted string. A `${…}` inside is kept as it is, quotes and all: templates are for others to read. */
  #string(place: { readonly line: number; readonly column: number }): string {
    this.#at += 1;
    let out = "";
    let braces = 0;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined || (char === "\n" && braces === 0)) throw syntaxError(place, "literal not terminated");
      this.#advance(1);
      if (char === '"' && braces === 0) return out;
      if (char === "$" && braces === 0 && this.#text[this.#at] === "{") {
        braces = 1;
        this.#advance(1);
        out += "${";
        continue;
      }
      if (braces > 0) braces += char === "{" ? 1 : char === "}" ? -1 : 0;
      out += char === "\\" && braces === 0 ? this.#escape(place) : char;
    }
  }

  #escape(place: { readonly line: number; readonly column: number }): string {
    const name = this.#text[this.#at] ?? "";
    const simple = ESCAPES[name];
    if (simple !== undefined) {
      this.#advance(1);
      return simple;
    }
    const code = this.#match(/u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([0-7]{3})/y);
    if (code === undefined) throw syntaxError(place, "illegal char escape");
    const point = code[4] === undefined ? Number.parseInt(code[1] ?? code[2] ?? code[3] ?? "", 16) : Number.parseInt(code[4], 8);
    if (point > 0x10ffff) throw syntaxError(place, "illegal char escape");
    return String.fromCodePoint(point);
  }

  /** `<<WORD` up to a line that is WORD; `<<-WORD` also takes the common indentation away. */
  #heredoc(place: { readonly line: number; readonly column: number }): string {
    const head = this.#match(HEREDOC);
    if (head === undefined) throw syntaxError(place, "heredoc expected after <<");
    const lines: string[] = [];
    for (;;) {
      if (this.#at >= this.#text.length) throw syntaxError(place, "heredoc not terminated");
      const line = this.#match(/([^\n]*)(?:\n|$)/y)?.[1] ?? "";
      if (line.trim() === head[2]) break;
      lines.push(line);
    }
    const indent = head[1] === "-" ? Math.min(...lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length)) : 0;
    return lines.map((line) => `${indent === 0 || indent === Infinity ? line : line.slice(indent)}\n`).join("");
  }
}
