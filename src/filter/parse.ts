import type { Expression, Match, Operator } from "./expression.ts";
import { FilterSyntaxFault } from "./fault.ts";
import { maxDepth, maxExpressionLength } from "./limits.ts";
import { Scanner } from "./scanner.ts";
import { unquote } from "./unquote.ts";

const LETTER = /[a-zA-Z]/;
const WORD = /[a-zA-Z0-9_]/;
const DIGIT = /[0-9]/;

/** Reads an expression. Throws `FilterSyntaxFault` with place and reason. Consul api-docs, filtering; the grammar is that of 1.8.7. */
export function parseExpression(text: string): Expression {
  if (text.length > maxExpressionLength) throw new FilterSyntaxFault(`the expression is longer than ${maxExpressionLength} characters`);
  return new Parser(text).whole();
}

/**
 * One method a rule; each gives nothing, and leaves the place to its caller to restore, when the rule does not fit. Alternatives are tried in
 * the grammar's order, so that `not in Node` is a comparison of the value `not`.
 */
class Parser {
  readonly #in: Scanner;

  constructor(text: string) {
    this.#in = new Scanner(text);
  }

  whole(): Expression {
    this.#in.blanks();
    const expression = this.#or(0);
    if (expression === undefined) throw this.#in.noMatch();
    this.#in.blanks();
    if (!this.#in.end()) throw this.#in.noMatch();
    return expression;
  }

  #or(depth: number): Expression | undefined {
    return this.#chain("or", depth, () => this.#and(depth));
  }

  #and(depth: number): Expression | undefined {
    return this.#chain("and", depth, () => this.#not(depth));
  }

  /** Operands with the word between them; the text has a bounded length, and so has the list. */
  #chain(word: "and" | "or", depth: number, operand: () => Expression | undefined): Expression | undefined {
    if (depth > maxDepth) throw new FilterSyntaxFault(`more than ${maxDepth} levels within one another`);
    const first = operand();
    if (first === undefined) return undefined;
    const all = [first];
    for (;;) {
      const next = this.#in.attempt(() => (this.#in.words(word) && this.#in.blanks() ? operand() : undefined));
      if (next === undefined) break;
      all.push(next);
    }
    return all.reduceRight((right, left) => ({ kind: word, left, right }));
  }

  #not(depth: number): Expression | undefined {
    if (depth > maxDepth) throw new FilterSyntaxFault(`more than ${maxDepth} levels within one another`);
    const negated = this.#in.attempt(() => (this.#in.literal("not") && this.#in.blanks() ? this.#not(depth + 1) : undefined));
    if (negated !== undefined) return negated.kind === "not" ? negated.of : { kind: "not", of: negated };
    return this.#in.attempt(() => this.#grouped(depth)) ?? this.#match();
  }

  #grouped(depth: number): Expression | undefined {
    if (!this.#in.literal("(")) return undefined;
    this.#in.blanks();
    const inside = this.#or(depth + 1);
    if (inside === undefined) return undefined;
    this.#in.blanks();
    if (!this.#in.literal(")")) throw this.#in.fault("grouping", "Unmatched parentheses");
    return inside;
  }

  #match(): Match | undefined {
    return (
      this.#in.attempt(() => this.#selectorOperatorValue()) ??
      this.#in.attempt(() => this.#selectorOperator()) ??
      this.#in.attempt(() => this.#valueOperatorSelector())
    );
  }

  #selectorOperatorValue(): Match | undefined {
    const selector = this.#selector();
    const operator = selector && this.#comparison();
    const value = operator && this.#value();
    return selector === undefined || operator === undefined || value === undefined ? undefined : { kind: "match", selector, operator, value };
  }

  #selectorOperator(): Match | undefined {
    const selector = this.#selector();
    const operator = selector && (this.#worded("Is Empty", "is", "empty") ?? this.#worded("Is Not Empty", "is", "not", "empty"));
    return selector === undefined || operator === undefined ? undefined : { kind: "match", selector, operator, value: "" };
  }

  #valueOperatorSelector(): Match | undefined {
    const value = this.#value();
    if (value === undefined) return undefined;
    const operator = this.#between("In", "in") ?? this.#between("Not In", "not", "in");
    if (operator === undefined) return undefined;
    const selector = this.#selector();
    if (selector === undefined) throw this.#in.fault("match", "Invalid selector");
    return { kind: "match", selector, operator, value };
  }

  #comparison(): Operator | undefined {
    return (
      this.#signed("Equal", "==") ??
      this.#signed("Not Equal", "!=") ??
      this.#between("In", "contains") ??
      this.#between("Not In", "not", "contains") ??
      this.#between("Matches", "matches") ??
      this.#between("Not Matches", "not", "matches")
    );
  }

  #signed(operator: Operator, sign: string): Operator | undefined {
    return this.#in.attempt(() => {
      this.#in.blanks();
      if (!this.#in.literal(sign)) return undefined;
      this.#in.blanks();
      return operator;
    });
  }

  #worded(operator: Operator, ...words: readonly string[]): Operator | undefined {
    return this.#in.attempt(() => (this.#in.words(...words) ? operator : undefined));
  }

  #between(operator: Operator, ...words: readonly string[]): Operator | undefined {
    return this.#in.attempt(() => (this.#in.words(...words) && this.#in.blanks() ? operator : undefined));
  }

  #selector(): readonly string[] | undefined {
    const first = this.#identifier();
    if (first === undefined) return undefined;
    const path = [first];
    for (let part = this.#part(); part !== undefined; part = this.#part()) path.push(part);
    return path;
  }

  #part(): string | undefined {
    return this.#in.attempt(() => (this.#in.literal(".") ? this.#identifier() : undefined)) ?? this.#in.attempt(() => this.#index());
  }

  #index(): string | undefined {
    if (!this.#in.literal("[")) return undefined;
    this.#in.blanks();
    const name = this.#string();
    if (name === undefined) throw this.#in.fault("index", "Invalid index");
    this.#in.blanks();
    if (!this.#in.literal("]")) throw this.#in.fault("index", "Unclosed index expression");
    return name;
  }

  #identifier(): string | undefined {
    const from = this.#in.at;
    if (!this.#in.one(LETTER, "[a-zA-Z]")) return undefined;
    this.#in.many(WORD, "[a-zA-Z0-9_]");
    return this.#in.text.slice(from, this.#in.at);
  }

  /** A word is what it says; one with dots is joined again. */
  #value(): string | undefined {
    return this.#in.attempt(() => this.#selector())?.join(".") ?? this.#in.attempt(() => this.#number()) ?? this.#in.attempt(() => this.#string());
  }

  #number(): string | undefined {
    const from = this.#in.at;
    this.#in.literal("-");
    if (!this.#in.literal("0")) {
      if (!this.#in.one(/[1-9]/, "[1-9]")) return undefined;
      this.#in.many(DIGIT, "[0-9]");
    }
    this.#in.attempt(() => (this.#in.literal(".") && this.#in.many(DIGIT, "[0-9]") ? true : undefined));
    if (!/^(?:[ \t\r\n)]|$)/.test(this.#in.text.slice(this.#in.at, this.#in.at + 1))) throw this.#in.fault("number", "Invalid number literal");
    return this.#in.text.slice(from, this.#in.at);
  }

  #string(): string | undefined {
    const from = this.#in.at;
    const quote = this.#in.literal("`") ? "`" : this.#in.literal('"') ? '"' : undefined;
    if (quote === undefined) return undefined;
    const close = this.#in.text.indexOf(quote, this.#in.at);
    if (close === -1) {
      this.#in.at = this.#in.text.length;
      throw this.#in.fault("string", "Unterminated string literal");
    }
    this.#in.at = close + 1;
    const value = unquote(this.#in.text.slice(from, this.#in.at));
    if (value === undefined) throw this.#in.fault("string", "invalid syntax", from);
    return value;
  }
}
