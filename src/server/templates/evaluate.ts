import { unreachable } from "../../base/assert.ts";
import { EvaluationFault, type Expression, type Operator, type Place, type Term, type Value } from "./expression.ts";
import { formatFloat, parseFloat64, parseInt64 } from "./go-numbers.ts";

/** What the names of a template stand for. */
export interface Meaning {
  readonly variables: ReadonlyMap<string, string>;
  readonly functions: ReadonlyMap<string, (argument: bigint) => string>;
}

/** What a template comes to. Throws `EvaluationFault` with Consul's words. */
export function evaluate(expression: Expression, meaning: Meaning): Value {
  switch (expression.kind) {
    case "value":
      return expression.value;
    case "variable":
      return meaning.variables.get(expression.name) ?? "";
    case "joined":
      return expression.parts.map((part) => textOf(evaluate(part, meaning))).join("");
    case "call":
      return meaning.functions.get(expression.name)?.(wholeOf(evaluate(expression.argument, meaning))) ?? "";
    case "sum":
      return expression.rest.reduce((left, term) => worked(left, term, { meaning, at: expression.at }), evaluate(expression.first, meaning));
    default:
      return unreachable(expression);
  }
}

export function textOf(value: Value): string {
  return typeof value === "number" ? formatFloat(value) : String(value);
}

/** The first of the two that is a number says of what kind the result is, and the other is made one of these; two texts are whole numbers. */
function worked(left: Value, { operator, operand }: Term, { meaning, at }: { readonly meaning: Meaning; readonly at: Place }): Value {
  const right = evaluate(operand, meaning);
  const kind = [left, right].find((value) => typeof value !== "string") ?? 0n;
  if (typeof kind === "bigint") return BigInt.asIntN(64, whole(wholeOf(left), operator, wholeOf(right)));
  if (operator === "%") throw new EvaluationFault(`At column ${at.column}, line ${at.line}: modulo cannot be used with floats`);
  return broken(brokenOf(left), operator, brokenOf(right));
}

/** Consul 1.8.7 breaks the connection off when it is to divide by nothing. */
function whole(left: bigint, operator: Operator, right: bigint): bigint {
  if ((operator === "/" || operator === "%") && right === 0n) throw new EvaluationFault("__builtin_IntMath: divide by zero");
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
    case "%":
      return left % right;
    default:
      return unreachable(operator);
  }
}

function broken(left: number, operator: Exclude<Operator, "%">, right: number): number {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
    default:
      return unreachable(operator);
  }
}

function wholeOf(value: Value): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isFinite(value) ? BigInt.asIntN(64, BigInt(Math.trunc(value))) : 0n;
  const { found, fault } = parseInt64(value);
  if (fault !== undefined) throw new EvaluationFault(`__builtin_StringToInt: ${fault}`);
  return found;
}

function brokenOf(value: Value): number {
  if (typeof value !== "string") return Number(value);
  const { found, fault } = parseFloat64(value);
  if (fault !== undefined) throw new EvaluationFault(`__builtin_StringToFloat: ${fault}`);
  return found;
}
