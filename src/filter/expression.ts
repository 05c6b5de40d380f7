/** What a selector is compared by. The words are those of messages; `contains` is `In` the other way round. */
export type Operator = "Equal" | "Not Equal" | "Is Empty" | "Is Not Empty" | "In" | "Not In" | "Matches" | "Not Matches";

/** One comparison. `value` is empty where the operator takes none. */
export interface Match {
  readonly kind: "match";
  readonly selector: readonly string[];
  readonly operator: Operator;
  readonly value: string;
}

export type Expression =
  | Match
  | { readonly kind: "not"; readonly of: Expression }
  | { readonly kind: "and" | "or"; readonly left: Expression; readonly right: Expression };
