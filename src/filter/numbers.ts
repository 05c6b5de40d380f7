import { numberOfDigits } from "../base/digits.ts";
import { goQuote } from "../base/go-quote.ts";

const INT64_MAX = (1n << 63n) - 1n;
const TRUE = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE = new Set(["0", "f", "F", "FALSE", "false", "False"]);

/** A whole number as Go's `strconv.ParseInt(text, 0, 64)` reads it: with `0x`, `0b`, `0o` or `0` before it, and `_` between digits. */
export function readInteger(text: string): number | { readonly fault: string } {
  const match = /^([+-]?)(?:0[xX]((?:_?[0-9a-fA-F])+)|0[bB]((?:_?[01])+)|(?:0[oO]|0)((?:_?[0-7])+)|([0-9](?:_?[0-9])*))$/.exec(text);
  if (match === null) return { fault: `strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax` };
  const [, sign, hex, binary, octal, decimal] = match;
  const digits = (hex ?? binary ?? octal ?? decimal ?? "").replaceAll("_", "");
  const base = hex !== undefined ? "0x" : binary !== undefined ? "0b" : octal !== undefined ? "0o" : "";
  const size = base === "" ? numberOfDigits(digits) : BigInt(base + digits);
  if (size > (sign === "-" ? INT64_MAX + 1n : INT64_MAX)) return { fault: `strconv.ParseInt: parsing ${goQuote(text)}: value out of range` };
  return Number(sign === "-" ? -size : size);
}

/** A truth value as Go's `strconv.ParseBool` reads it. */
export function readTruth(text: string): boolean | { readonly fault: string } {
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : { fault: `strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax` };
}
