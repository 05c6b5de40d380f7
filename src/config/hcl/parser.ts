import type { JsonValue } from "../../base/json.ts";
import { maxConfigDepth } from "../limits.ts";
import { syntaxError, type Token, tokens } from "./lexer.ts";

type Tree = { [key: string]: JsonValue };

/**
 * Reads HCL version 1 (what Consul 1.8 takes; JSON is a part of it) into a tree of plain values. Every object, whether block
 * or value, comes as a list of objects, since a block may stand several times; `service "web" {…}` is an object in an
 * object. Of settings written twice the last one counts. Throws `ConfigError` with line and column.
 */
export function parseHcl(text: string): JsonValue {
  const parser = new Parser(tokens(text));
  return parser.file();
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(list: readonly Token[]) {
    this.#tokens = list;
  }

  file(): JsonValue {
    if (this.#peek().kind === "{") {
      const whole = this.#object(0);
      this.#expectEnd();
      return whole;
    }
    return this.#items("end", 0);
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: "end", text: "", raw: "", line: 0, column: 0 };
  }

  #take(): Token {
    const token = this.#peek();
    this.#at += 1;
    return token;
  }

  #items(end: "end" | "}", depth: number): Tree {
    const tree: Tree = {};
    for (;;) {
      const token = this.#peek();
      if (token.kind === end) return tree;
      if (token.kind === "end") throw syntaxError(token, "object expected closing RBRACE got: EOF");
      if (token.kind === ",") {
        this.#take();
        continue;
      }
      this.#item(tree, depth);
    }
  }

  #item(tree: Tree, depth: number): void {
    const names = this.#names();
    const token = this.#peek();
    const first = names[0];
    if (first === undefined) throw syntaxError(token, "no object keys found!");
    if (token.kind === "{") {
      if (depth + names.length > maxConfigDepth) throw syntaxError(first, `nested deeper than ${maxConfigDepth} levels`);
      const block = names.slice(1).reduceRight<JsonValue>((inner, name) => ({ [name.text]: [inner] }), this.#object(depth + 1));
      add(tree, first.text, [block]);
      return;
    }
    if ((token.kind !== "=" && token.kind !== ":") || names.length > 1) {
      const text = names.map((name) => name.raw).join(" ");
      throw syntaxError(token.kind === "end" ? (names.at(-1) ?? token) : token, `key '${text}' expected start of object ('{') or assignment ('=')`);
    }
    this.#take();
    add(tree, first.text, this.#value(depth + 1));
  }

  #names(): Token[] {
    const names: Token[] = [];
    while (this.#peek().kind === "identifier" || this.#peek().kind === "string" || this.#peek().kind === "bool") names.push(this.#take());
    return names;
  }

  #value(depth: number): JsonValue {
    const token = this.#peek();
    if (token.kind === "{") return [this.#object(depth)];
    if (token.kind === "[") return this.#list(depth);
    this.#take();
    if (token.kind === "string" || token.kind === "heredoc") return token.text;
    if (token.kind === "number") return Number(token.text.startsWith("-0x") ? -Number(token.text.slice(1)) : token.text);
    if (token.kind === "bool") return token.text === "true";
    throw syntaxError(token, `Unknown token: ${token.line}:${token.column} ${nameOf(token)} ${token.raw}`);
  }

  #object(depth: number): JsonValue {
    const open = this.#take();
    if (depth > maxConfigDepth) throw syntaxError(open, `nested deeper than ${maxConfigDepth} levels`);
    const tree = this.#items("}", depth);
    this.#take();
    return tree;
  }

  #list(depth: number): JsonValue {
    const open = this.#take();
    if (depth > maxConfigDepth) throw syntaxError(open, `nested deeper than ${maxConfigDepth} levels`);
    const out: JsonValue[] = [];
    for (;;) {
      if (this.#peek().kind === "]") break;
      out.push(...asItems(this.#value(depth + 1)));
      const token = this.#peek();
      if (token.kind === ",") this.#take();
      else if (token.kind !== "]") throw syntaxError(token, `error parsing list, expected comma or list end, got: ${nameOf(token)}`);
    }
    this.#take();
    return out;
  }

  #expectEnd(): void {
    const token = this.#peek();
    if (token.kind !== "end") throw syntaxError(token, `expected the end of the file, got: ${nameOf(token)}`);
  }
}

/** An object inside a list is itself, not a list of one. */
function asItems(value: JsonValue): readonly JsonValue[] {
  return Array.isArray(value) && value.length === 1 && typeof value[0] === "object" && !Array.isArray(value[0]) ? value : [value];
}

function add(tree: Tree, name: string, value: JsonValue): void {
  const before = Object.hasOwn(tree, name) ? tree[name] : undefined;
  const joined = isBlocks(before) && isBlocks(value) ? [...before, ...value] : value;
  Object.defineProperty(tree, name, { value: joined, enumerable: true, writable: true, configurable: true });
}

function isBlocks(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "object" && item !== null && !Array.isArray(item));
}

function nameOf(token: Token): string {
  const names: Partial<Record<Token["kind"], string>> = {
    identifier: "IDENT",
    string: "STRING",
    heredoc: "HEREDOC",
    number: "NUMBER",
    bool: "BOOL",
    end: "EOF",
    "{": "LBRACE",
    "}": "RBRACE",
    "[": "LBRACK",
    "]": "RBRACK",
    "=": "ASSIGN",
    ",": "COMMA",
  };
  return names[token.kind] ?? token.kind;
}
