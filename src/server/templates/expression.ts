/** A value: a whole number is Go's int64, another number its float64. */
export type Value = string | bigint | number;
export type Operator = "+" | "-" | "*" | "/" | "%";

/** Where something stands, as Consul's messages have it. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** What stands in a template: text, and between `${` and `}` sums, calls and names. */
export type Expression =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "call"; readonly name: string; readonly argument: Expression }
  /** Texts and what is filled in between them, one after the other. */
  | { readonly kind: "joined"; readonly parts: readonly Expression[] }
  /** From left to right: no operator goes before another. */
  | { readonly kind: "sum"; readonly first: Expression; readonly rest: readonly Term[]; readonly at: Place };

export interface Term {
  readonly operator: Operator;
  readonly operand: Expression;
}

/** The text cannot be read. */
export class FormatFault extends Error {}

/** It can be read, but names something that is not there, or cannot be worked out; the message is Consul's. */
export class EvaluationFault extends Error {}
