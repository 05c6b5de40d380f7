import { maxConfigDepth } from "../limits.ts";

/** A template that cannot be read, in Go's words. */
export class SyntaxFault extends Error {
  override readonly name = "SyntaxFault";
}

/** One word of an action. */
type Token = { readonly kind: "text" | "number" | "name" | "variable" | "field" | "mark"; readonly text: string };

/** What stands for a value. */
export type Operand =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "name" | "variable" | "field"; readonly name: string }
  | { readonly kind: "pipe"; readonly pipe: Pipe };
export type Command = readonly Operand[];
/** Commands that hand their results on; `assigns`: the variable that keeps the last one. */
export interface Pipe {
  readonly assigns: string | undefined;
  readonly commands: readonly Command[];
}
export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "pipe"; readonly pipe: Pipe }
  | { readonly kind: "if" | "with" | "range"; readonly pipe: Pipe; readonly then: readonly Node[]; readonly otherwise: readonly Node[] };

const WORD = /\s+|"(?:\\.|[^"\\\n])*"|`[^`]*`|-?\d+\b|:=|[|(),]|\$[A-Za-z_0-9]*|\.[A-Za-z_][A-Za-z_0-9]*|\.|[A-Za-z_][A-Za-z_0-9]*|["`]|./gsy;

/** Reads Go's text/template as far as go-sockaddr's examples go: pipes, brackets, variables, `if`, `with` and `range`. Throws `SyntaxFault`. */
export function parseTemplate(text: string): readonly Node[] {
  const parts = partsOf(text);
  const reader = new Reader(parts);
  const nodes = reader.list(0);
  if (reader.stopped !== undefined) throw new SyntaxFault(`unexpected {{${reader.stopped}}}`);
  return nodes;
}

type Part = { readonly kind: "text"; readonly text: string } | { readonly kind: "action"; readonly tokens: readonly Token[] };

/** Text and actions in turn; `{{-` and `-}}` take the blanks beside them. */
function partsOf(text: string): readonly Part[] {
  const parts: Part[] = [];
  let rest = text;
  let trim = false;
  for (;;) {
    const open = rest.indexOf("{{");
    let plain = open < 0 ? rest : rest.slice(0, open);
    if (trim) plain = plain.trimStart();
    const trimsBefore = open >= 0 && /^\{\{-\s/.test(rest.slice(open));
    if (trimsBefore) plain = plain.trimEnd();
    if (plain !== "") parts.push({ kind: "text", text: plain });
    if (open < 0) return parts;
    const action = /^\{\{(?:-(?=\s))?((?:"(?:\\.|[^"\\])*"|`[^`]*`|(?!\}\}).)*?)(\s-)?\}\}/s.exec(rest.slice(open));
    if (action === null)
      throw new SyntaxFault(/^[^"]*"[^"]*$/s.test(rest.slice(open)) ? "unexpected unterminated quoted string in command" : "unclosed action");
    const [whole, inner = "", trimsAfter] = action;
    if (!/^\s*\/\*.*\*\/\s*$/s.test(inner)) parts.push({ kind: "action", tokens: tokensOf(inner) });
    rest = rest.slice(open + whole.length);
    trim = trimsAfter !== undefined;
  }
}

function tokensOf(text: string): readonly Token[] {
  return [...text.matchAll(WORD)].flatMap(({ 0: word }): readonly Token[] => {
    if (/^\s/.test(word)) return [];
    if (/^["`]./s.test(word)) return [{ kind: "text", text: word.startsWith("`") ? word.slice(1, -1) : unescaped(word) }];
    if (/^-?\d/.test(word)) return [{ kind: "number", text: word }];
    if (word.startsWith("$")) return [{ kind: "variable", text: word }];
    if (word.startsWith(".")) return [{ kind: "field", text: word.slice(1) }];
    if (/^[A-Za-z_]/.test(word)) return [{ kind: "name", text: word }];
    if (!/^(?:\||:=|[(),])$/.test(word)) throw new SyntaxFault(`unexpected ${JSON.stringify(word)} in command`);
    return [{ kind: "mark", text: word }];
  });
}

function unescaped(quoted: string): string {
  const plain: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
  return quoted.slice(1, -1).replace(/\\(.)/gs, (_, char: string) => plain[char] ?? char);
}

class Reader {
  readonly #parts: readonly Part[];
  #at = 0;
  /** The word that ended the last list before its time. */
  stopped: string | undefined;

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  list(depth: number): readonly Node[] {
    if (depth > maxConfigDepth) throw new SyntaxFault(`nested deeper than ${maxConfigDepth} levels`);
    const nodes: Node[] = [];
    this.stopped = undefined;
    for (;;) {
      const part = this.#parts[this.#at++];
      if (part === undefined) return nodes;
      if (part.kind === "text") {
        nodes.push(part);
        continue;
      }
      const [first, ...rest] = part.tokens;
      const word = first?.kind === "name" ? first.text : "";
      if (word === "end" || word === "else") {
        this.stopped = word;
        return nodes;
      }
      if (word === "if" || word === "with" || word === "range") nodes.push(this.#branch(word, rest, depth));
      else nodes.push({ kind: "pipe", pipe: pipeOf(part.tokens, depth) });
    }
  }

  #branch(kind: "if" | "with" | "range", tokens: readonly Token[], depth: number): Node {
    const pipe = pipeOf(tokens, depth);
    const then = this.list(depth + 1);
    const otherwise = this.stopped === "else" ? this.list(depth + 1) : [];
    if (this.stopped !== "end") throw new SyntaxFault("unexpected EOF");
    this.stopped = undefined;
    return { kind, pipe, then, otherwise };
  }
}

function pipeOf(tokens: readonly Token[], depth: number): Pipe {
  if (depth > maxConfigDepth) throw new SyntaxFault(`nested deeper than ${maxConfigDepth} levels`);
  const [first, second] = tokens;
  const assigns = first?.kind === "variable" && second?.text === ":=" && second.kind === "mark" ? first.text : undefined;
  const rest = assigns === undefined ? tokens : tokens.slice(2);
  const commands: Operand[][] = [[]];
  for (let at = 0; at < rest.length; at++) {
    const token = rest[at];
    if (token === undefined) break;
    if (token.kind !== "mark") commands.at(-1)?.push(operandOf(token));
    else if (token.text === "|") {
      if (commands.at(-1)?.length === 0) throw new SyntaxFault('unexpected "|" in command');
      commands.push([]);
    } else if (token.text === "(") {
      const end = closing(rest, at);
      commands.at(-1)?.push({ kind: "pipe", pipe: pipeOf(rest.slice(at + 1, end), depth + 1) });
      at = end;
    } else throw new SyntaxFault(`unexpected ${JSON.stringify(token.text)} in ${token.text === ")" ? "input" : "command"}`);
  }
  if (commands.length > 1 && commands.at(-1)?.length === 0) commands.pop();
  if (commands[0]?.length === 0) throw new SyntaxFault("missing value for command");
  return { assigns, commands };
}

function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.kind !== "mark") continue;
    if (token.text === "(") depth++;
    if (token.text === ")" && --depth === 0) return at;
  }
  throw new SyntaxFault("unclosed left paren");
}

function operandOf({ kind, text }: Token): Operand {
  if (kind === "text") return { kind, text };
  if (kind === "number") return { kind, value: Number(text) };
  return { kind: kind === "variable" || kind === "field" ? kind : "name", name: text };
}
