import type { Expression } from "./expression.ts";
import type { Kind, Test } from "./kinds.ts";
import { maxCached, maxCachedLength } from "./limits.ts";
import { parseExpression } from "./parse.ts";

/** Makes a filter for rows of this kind. Throws `FilterFault`. */
export function compileFilter<T>(expression: string, kind: Kind<T>): Test<T> {
  return compile(parseExpression(expression), kind);
}

function compile<T>(expression: Expression, kind: Kind<T>): Test<T> {
  switch (expression.kind) {
    case "match":
      return kind.compile(expression, 0);
    case "not": {
      const of = compile(expression.of, kind);
      return (row) => !of(row);
    }
    case "and":
    case "or": {
      const operands = operandsOf(expression, expression.kind).map((operand) => compile(operand, kind));
      return expression.kind === "and" ? (row) => operands.every((test) => test(row)) : (row) => operands.some((test) => test(row));
    }
  }
}

/** A chain of one word leans to the right: it is walked, so that long ones do not recurse. */
function operandsOf(expression: Expression, kind: "and" | "or"): readonly Expression[] {
  const operands: Expression[] = [];
  let rest = expression;
  for (; rest.kind === kind; rest = rest.right) operands.push(rest.left);
  return [...operands, rest];
}

/** Compiled filters, so that an expression that is asked again and again is read once. Bounded for each kind; the least recently used goes first. */
export class FilterCache {
  readonly #tests = new Map<Kind<never>, Map<string, Test<never>>>();

  /** The filter of an expression; `undefined` for none. Throws `FilterFault`. */
  get<T>(expression: string, kind: Kind<T>): Test<T> | undefined {
    if (expression === "") return undefined;
    const ofKind = this.#ofKind(kind);
    const test = ofKind.get(expression) ?? compileFilter(expression, kind);
    if (expression.length > maxCachedLength) return test;
    ofKind.delete(expression);
    ofKind.set(expression, test);
    const oldest = ofKind.size > maxCached ? ofKind.keys().next() : undefined;
    if (oldest?.done === false) ofKind.delete(oldest.value);
    return test;
  }

  get size(): number {
    return [...this.#tests.values()].reduce((count, tests) => count + tests.size, 0);
  }

  #ofKind<T>(kind: Kind<T>): Map<string, Test<T>> {
    // What is kept under a kind was compiled by that kind.
    const found = this.#tests.get(kind as Kind<never>) as Map<string, Test<T>> | undefined;
    if (found !== undefined) return found;
    const made = new Map<string, Test<T>>();
    this.#tests.set(kind as Kind<never>, made as Map<string, Test<never>>);
    return made;
  }
}
