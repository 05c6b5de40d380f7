import { numberOfDigits } from "../base/digits.ts";
import { goQuote } from "../base/go-quote.ts";

const UINT64_MAX = (1n << 64n) - 1n;

/** A number as Go's `strconv.ParseUint(text, 10, 64)` reads it; for what is none, Go's message. */
export function parseUint(text: string): bigint | string {
  if (!/^[0-9]+$/.test(text)) return `strconv.ParseUint: parsing ${goQuote(text)}: invalid syntax`;
  const value = numberOfDigits(text);
  return value > UINT64_MAX ? `strconv.ParseUint: parsing ${goQuote(text)}: value out of range` : value;
}

/** A number as Go's `strconv.Atoi` reads it; for what is none, Go's message. */
export function parseInteger(text: string): number | string {
  if (!/^[+-]?[0-9]+$/.test(text)) return `strconv.Atoi: parsing ${goQuote(text)}: invalid syntax`;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : `strconv.Atoi: parsing ${goQuote(text)}: value out of range`;
}

const TRUE = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE = new Set(["0", "f", "F", "FALSE", "false", "False"]);

/** A truth value as Go's `strconv.ParseBool` reads it; for what is none, Go's message. */
export function parseBool(text: string): boolean | string {
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : `strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`;
}
