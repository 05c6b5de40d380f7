import { numberOfDigits } from "./digits.ts";

/** Nanoseconds; all that Go can hold, so a `bigint` is needed beyond 104 days. */
export type Nanoseconds = bigint;

/** A text that is no Go duration. The message is Go's. */
export class DurationError extends Error {
  override readonly name = "DurationError";
}

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1_000n],
  ["\u00b5s", 1_000n],
  ["\u03bcs", 1_000n],
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
]);
const LARGEST = (1n << 63n) - 1n;

/** Reads `1h30m`, `-1.5s`, `300ms`, `0`. Go's time.ParseDuration, with its error texts. */
export function parseDuration(text: string): Nanoseconds {
  const match = /^([+-]?)(.*)$/s.exec(text);
  const sign = match?.[1] ?? "";
  let rest = match?.[2] ?? "";
  if (rest === "0") return 0n;
  if (rest === "") throw invalid(text);
  let total = 0n;
  while (rest !== "") {
    const number = /^(\d*)(?:\.(\d*))?/.exec(rest);
    const whole = number?.[1] ?? "";
    const fraction = number?.[2];
    if (whole === "" && (fraction ?? "") === "") throw invalid(text);
    rest = rest.slice(number?.[0].length ?? 0);
    const name = /^[^.\d]*/.exec(rest)?.[0] ?? "";
    if (name === "") throw new DurationError(`time: missing unit in duration ${quote(text)}`);
    const unit = UNITS.get(name);
    if (unit === undefined) throw new DurationError(`time: unknown unit ${quote(name)} in duration ${quote(text)}`);
    rest = rest.slice(name.length);
    total += numberOfDigits(whole === "" ? "0" : whole) * unit + partOf(fraction ?? "", unit);
    if (total > LARGEST) throw invalid(text);
  }
  return sign === "-" ? -total : total;
}

/** Prints like Go: `1h30m0s`, `1.5s`, `300ms`, `0s`. */
export function formatDuration(duration: Nanoseconds): string {
  if (duration === 0n) return "0s";
  const sign = duration < 0n ? "-" : "";
  const size = duration < 0n ? -duration : duration;
  if (size < 1_000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${decimal(size, 1_000n)}\u00b5s`;
  if (size < 1_000_000_000n) return `${sign}${decimal(size, 1_000_000n)}ms`;
  const minutes = size / 60_000_000_000n;
  const seconds = `${decimal(size % 60_000_000_000n, 1_000_000_000n)}s`;
  if (minutes === 0n) return sign + seconds;
  const hours = minutes / 60n;
  return hours === 0n ? `${sign}${minutes}m${seconds}` : `${sign}${hours}h${minutes % 60n}m${seconds}`;
}

/** Milliseconds, with fractions; what is beyond 2^53 ns loses its last digits. */
export function durationToMs(duration: Nanoseconds): number {
  return Number(duration) / 1e6;
}

/** From milliseconds; fractions of a nanosecond are cut off. */
export function msToDuration(ms: number): Nanoseconds {
  return BigInt(Math.trunc(ms * 1e6));
}

/** Reads a duration and gives milliseconds. */
export function parseDurationMs(text: string): number {
  return durationToMs(parseDuration(text));
}

/** Prints milliseconds as a Go duration. */
export function formatDurationMs(ms: number): string {
  return formatDuration(msToDuration(ms));
}

function partOf(fraction: string, unit: bigint): bigint {
  // more digits than an hour has nanoseconds change nothing
  const digits = fraction.slice(0, 18);
  return digits === "" ? 0n : (BigInt(digits) * unit) / 10n ** BigInt(digits.length);
}

function decimal(size: bigint, unit: bigint): string {
  const fraction = String(size % unit)
    .padStart(String(unit).length - 1, "0")
    .replace(/0+$/, "");
  return fraction === "" ? String(size / unit) : `${size / unit}.${fraction}`;
}

function invalid(text: string): DurationError {
  return new DurationError(`time: invalid duration ${quote(text)}`);
}

/** Go 1.15 puts the text between quotes as it is. */
function quote(text: string): string {
  return `"${text}"`;
}
