import { unreachable } from "../../base/assert.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../base/json.ts";

/**
 * How a value is printed anew: handlers get what Consul's own client makes of an answer, which has the members of its types in their order, and no others.
 *
 * - `any`: as it came, maps by their keys
 * - `map`, `list`: `null` where there is none
 * - `first`: of a list, or `null`
 */
export type Shape =
  | { readonly kind: "text"; readonly otherwise?: string }
  | { readonly kind: "number" | "flag" | "any" | "bytes" }
  | { readonly kind: "map" | "list" | "first"; readonly of: Shape }
  | { readonly kind: "struct"; readonly fields: readonly Field[] };

export interface Field {
  readonly name: string;
  readonly shape: Shape;
  /** Left away when it is empty: "", 0, false, no members. */
  readonly optional: boolean;
}

/** A value in a shape. */
export function shaped(value: JsonValue | undefined, shape: Shape): JsonValue {
  switch (shape.kind) {
    case "text":
      return typeof value === "string" ? value : (shape.otherwise ?? "");
    case "bytes":
      return typeof value === "string" && value !== "" ? value : null;
    case "number":
      return typeof value === "number" || typeof value === "bigint" ? value : 0;
    case "flag":
      return value === true;
    case "any":
      return sorted(value ?? null);
    case "list":
      return isJsonArray(value) ? value.map((each) => shaped(each, shape.of)) : null;
    case "first":
      return isJsonArray(value) && value[0] !== undefined ? shaped(value[0], shape.of) : null;
    case "map": {
      if (!isJsonObject(value)) return null;
      return Object.fromEntries(byKey(value).map(([key, each]) => [key, shaped(each, shape.of)]));
    }
    case "struct": {
      const from = isJsonObject(value) ? value : {};
      const fields = shape.fields.map(({ name, shape: inner, optional }) => [name, from[name], inner, optional] as const);
      return Object.fromEntries(fields.filter(([, raw, , optional]) => !optional || !isEmpty(raw)).map(([name, raw, inner]) => [name, shaped(raw, inner)]));
    }
    default:
      return unreachable(shape);
  }
}

function isEmpty(value: JsonValue | undefined): boolean {
  if (isJsonArray(value)) return value.length === 0;
  if (isJsonObject(value)) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === "" || value === 0 || value === false;
}

function sorted(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(sorted);
  return isJsonObject(value) ? Object.fromEntries(byKey(value).map(([key, each]) => [key, sorted(each)])) : value;
}

function byKey(value: { readonly [name: string]: JsonValue | undefined }): readonly (readonly [string, JsonValue])[] {
  return Object.entries(value)
    .map(([key, each]) => [key, each ?? null] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
