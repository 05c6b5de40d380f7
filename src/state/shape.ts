import { KvorumError } from "../base/errors.ts";

/** Takes what was decoded from stored bytes and gives it with its type; throws `KvorumError` with code `corrupt` when it is not of that shape. */
export type Shape<T> = (value: unknown, path: string) => T;

export const text: Shape<string> = (value, path) => (typeof value === "string" ? value : wrong("text", path));
export const flag: Shape<boolean> = (value, path) => (typeof value === "boolean" ? value : wrong("true or false", path));
export const real: Shape<number> = (value, path) => (typeof value === "number" ? value : wrong("a number", path));
export const whole: Shape<number> = (value, path) => (typeof value === "number" && Number.isSafeInteger(value) ? value : wrong("a whole number", path));
export const bytes: Shape<Uint8Array> = (value, path) => (value instanceof Uint8Array ? value : wrong("bytes", path));
/** A uint64; 0 comes as a plain number, for it is the usual one and the store shares it. */
export const uint64: Shape<bigint> = (value, path) => (value === 0 ? 0n : typeof value === "bigint" ? value : wrong("a uint64", path));
/** Anything plain: settings that are kept and not looked into. */
export const plain: Shape<unknown> = (value) => value;

/** Text under a brand that promises nothing a check could tell (bytes as text). */
export function branded<T extends string>(): Shape<T> {
  return text as unknown as Shape<T>;
}

export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value, path) => (value === undefined || value === null ? undefined : shape(value, path));
}

export function list<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value, path) => (Array.isArray(value) ? value.map((each: unknown, at) => shape(each, `${path}[${at}]`)) : wrong("a list", path));
}

export function dictionary<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, path) => Object.fromEntries(Object.entries(object(value, path)).map(([key, each]) => [key, shape(each, `${path}.${key}`)]));
}

export function oneOf<T extends string>(...words: readonly T[]): Shape<T> {
  return (value, path) => words.find((word) => word === value) ?? wrong(words.join(" or "), path);
}

/** An object of these members and no others; members that are `undefined` are left out. */
export function record<T extends object>(members: { readonly [K in keyof T]-?: Shape<T[K]> }): Shape<T> {
  const entries = Object.entries(members) as [string, Shape<unknown>][];
  return (value, path) => {
    const given = object(value, path);
    const made: Record<string, unknown> = {};
    for (const [key, shape] of entries) {
      const member = shape(given[key], `${path}.${key}`);
      if (member !== undefined) made[key] = member;
    }
    return made as T;
  };
}

/** One of several records, told apart by a member. */
export function variants<T extends object>(tag: string, shapes: Readonly<Record<string, Shape<T>>>): Shape<T> {
  return (value, path) => {
    const name = object(value, path)[tag];
    const shape = typeof name === "string" && Object.hasOwn(shapes, name) ? shapes[name] : undefined;
    return shape === undefined ? wrong(Object.keys(shapes).join(" or "), `${path}.${tag}`) : shape(value, path);
  };
}

/** What an object says of itself; for decoders that look before they choose a shape. */
export function object(value: unknown, path: string): Readonly<Record<string, unknown>> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
  return isObject ? (value as Readonly<Record<string, unknown>>) : wrong("an object", path);
}

export function wrong(wanted: string, path: string): never {
  throw new KvorumError("corrupt", `Cannot read stored data: ${path} is not ${wanted}`);
}
