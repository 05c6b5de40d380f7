import { numberOfDigits } from "../../base/digits.ts";
import { goQuote } from "../../base/go-quote.ts";

/** A number, or why the text is none, in the words of Go's `strconv`; `found` is 0 then. */
export interface Parsed<T> {
  readonly found: T;
  readonly fault: string | undefined;
}

const WHOLE = /^([+-]?)(0[xX]_?[0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]*|[1-9][0-9]*)$/;
const FLOAT = /^[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|inf(inity)?|nan)$/i;
const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;

/** Go's `strconv.ParseInt` with base 0: `0x`, `0b`, `0o` or a nought before it say another base. */
export function parseInt64(text: string): Parsed<bigint> {
  const [, sign = "", digits = ""] = WHOLE.exec(text) ?? [];
  if (digits === "") return { found: 0n, fault: `strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax` };
  const octal = /^0[0-7]+$/.test(digits);
  const plain = octal ? `0o${digits.slice(1)}` : digits.replaceAll("_", "");
  const size = /^\d+$/.test(plain) ? numberOfDigits(plain) : BigInt(plain);
  const found = sign === "-" ? -size : size;
  return found < MIN || found > MAX ? { found: 0n, fault: `strconv.ParseInt: parsing ${goQuote(text)}: value out of range` } : { found, fault: undefined };
}

/** Go's `strconv.ParseFloat`, decimal numbers only. */
export function parseFloat64(text: string): Parsed<number> {
  if (!FLOAT.test(text)) return { found: 0, fault: `strconv.ParseFloat: parsing ${goQuote(text)}: invalid syntax` };
  const sign = text.startsWith("-") ? -1 : 1;
  if (/nan$/i.test(text)) return { found: Number.NaN, fault: undefined };
  if (/inf/i.test(text)) return { found: sign * Number.POSITIVE_INFINITY, fault: undefined };
  const found = Number(text);
  return Number.isFinite(found) ? { found, fault: undefined } : { found: 0, fault: `strconv.ParseFloat: parsing ${goQuote(text)}: value out of range` };
}

/** Go's `strconv.FormatFloat` with `g` and the shortest digits: with an exponent when that is below -4 or above 5. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (Object.is(value, -0)) return "-0";
  const [digits = "", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) return String(value);
  return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}
