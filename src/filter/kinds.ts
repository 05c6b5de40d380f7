import { goQuote } from "../base/go-quote.ts";
import { LinearPattern } from "../base/linear-pattern.ts";
import type { Match, Operator } from "./expression.ts";
import { FilterFault } from "./fault.ts";
import { readInteger, readTruth } from "./numbers.ts";

/** Whether a value meets a comparison. */
export type Test<T> = (value: T) => boolean;

/**
 * A kind of value, as expressions see it. `compile` makes the test of one comparison; `at` counts how much of the selector has been followed.
 * It throws `FilterFault` when the selector leads nowhere, the operator does not fit or the value cannot be read.
 */
export interface Kind<T> {
  compile(match: Match, at: number): Test<T>;
}

/** What a comparison says of a value that is not there: a missing key of a map. `matches` holds of it as well as `not matches`, in Consul. */
function ofNothing(operator: Operator): boolean {
  return operator !== "Equal" && operator !== "In" && operator !== "Is Not Empty";
}

export const text: Kind<string> = {
  compile(match, at) {
    ends(match, at);
    const { operator, value } = match;
    if (operator === "Equal") return (given) => given === value;
    if (operator === "Not Equal") return (given) => given !== value;
    if (operator === "In") return (given) => given.includes(value);
    if (operator === "Not In") return (given) => !given.includes(value);
    if (operator !== "Matches" && operator !== "Not Matches") throw unfit(match);
    const pattern = LinearPattern.parse(value);
    if (pattern === undefined) throw new FilterFault(`Failed to compile regular expression ${goQuote(value)}: ${LinearPattern.fault(value) ?? "too large"}`);
    return operator === "Matches" ? (given) => pattern.test(given) : (given) => !pattern.test(given);
  },
};

export const whole: Kind<number> = { compile: (match, at) => equality(match, at, readInteger(match.value)) };

export const truth: Kind<boolean> = { compile: (match, at) => equality(match, at, readTruth(match.value)) };

function equality<T extends number | boolean>(match: Match, at: number, wanted: T | { readonly fault: string }): Test<T> {
  ends(match, at);
  if (match.operator !== "Equal" && match.operator !== "Not Equal") throw unfit(match);
  if (typeof wanted === "object")
    throw new FilterFault(`Failed to coerce value ${goQuote(match.value)} for selector ${shown(match.selector)}: ${wanted.fault}`);
  return match.operator === "Equal" ? (given) => given === wanted : (given) => given !== wanted;
}

/** A list of texts; one that was never given counts as empty. */
export const texts: Kind<readonly string[] | undefined> = {
  compile(match, at) {
    ends(match, at);
    const { operator, value } = match;
    if (operator === "In") return (given) => given?.includes(value) === true;
    if (operator === "Not In") return (given) => given?.includes(value) !== true;
    return emptiness(match, (given) => given === undefined || given.length === 0);
  },
};

/** A map: itself has keys and may be empty, and a selector goes on with a key. */
export function mapOf<V>(kind: Kind<V>): Kind<Readonly<Record<string, V>> | undefined> {
  return {
    compile(match, at) {
      const key = match.selector[at];
      if (key !== undefined) {
        const test = kind.compile(match, at + 1);
        const missing = ofNothing(match.operator);
        return (given) => {
          const value = given === undefined || !Object.hasOwn(given, key) ? undefined : given[key];
          return value === undefined ? missing : test(value);
        };
      }
      const { operator, value } = match;
      if (operator === "In") return (given) => given !== undefined && Object.hasOwn(given, value);
      if (operator === "Not In") return (given) => given === undefined || !Object.hasOwn(given, value);
      return emptiness(match, (given) => given === undefined || Object.keys(given).length === 0);
    },
  };
}

/** A list of structs: itself may be empty; a selector that goes on holds when it does for any of them. */
export function listOf<T>(kind: Kind<T>): Kind<readonly T[] | undefined> {
  return {
    compile(match, at) {
      if (match.selector.length === at) return emptiness(match, (given) => given === undefined || given.length === 0);
      const test = kind.compile(match, at);
      return (given) => given?.some(test) === true;
    },
  };
}

/** Fields of a struct by the names that selectors use. */
export type Fields<T> = Readonly<Record<string, Kind<T>>>;

export function struct<T>(fields: Fields<T>): Kind<T> {
  return {
    compile(match, at) {
      const name = match.selector[at];
      if (name === undefined) throw unfit(match);
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (field === undefined) throw invalid(match, at);
      return field.compile(match, at + 1);
    },
  };
}

/** A part of a row: how it is read and of which kind it is. */
export function field<T, V>(read: (row: T) => V, kind: Kind<V>): Kind<T> {
  return {
    compile(match, at) {
      const test = kind.compile(match, at);
      return (row) => test(read(row));
    },
  };
}

/** A value that has no parts: the selector must have been followed to its end. */
function ends(match: Match, at: number): void {
  if (match.selector.length > at) throw invalid(match, at);
}

function emptiness<T>(match: Match, isEmpty: Test<T>): Test<T> {
  if (match.operator === "Is Empty") return isEmpty;
  if (match.operator === "Is Not Empty") return (given) => !isEmpty(given);
  throw unfit(match);
}

function invalid({ selector }: Match, at: number): FilterFault {
  return new FilterFault(`Selector ${shown(selector.slice(0, at + 1))} is not valid`);
}

function unfit({ operator, selector }: Match): FilterFault {
  return new FilterFault(`Invalid match operator "${operator}" for selector ${shown(selector)}`);
}

function shown(selector: readonly string[]): string {
  return goQuote(selector.join("."));
}
