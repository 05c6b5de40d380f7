/** Whether a value has a shape. Shapes are put together by the functions below. */
export type Shape = (value: unknown) => boolean;

export const text: Shape = (value) => typeof value === "string";
export const flag: Shape = (value) => typeof value === "boolean";
/** A whole number from 0 that JavaScript keeps exactly. */
export const count: Shape = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
/** Any whole number that JavaScript keeps exactly. */
export const whole: Shape = (value) => Number.isSafeInteger(value);
/** Any number, also none that is finite. */
export const real: Shape = (value) => typeof value === "number";
export const uint64: Shape = (value) => typeof value === "bigint" && value >= 0n && value < 1n << 64n;
export const bytes: Shape = (value) => value instanceof Uint8Array;
export const byteString: Shape = (value) => typeof value === "string" && onlyBytes(value);
export const anything: Shape = () => true;

export function optional(shape: Shape): Shape {
  return (value) => value === undefined || shape(value);
}

export function listOf(shape: Shape): Shape {
  return (value) => Array.isArray(value) && value.every(shape);
}

export function recordOf(shape: Shape): Shape {
  return (value) => isObject(value) && Object.values(value).every(shape);
}

/** Fields beyond these are let pass: a newer server may know more of them. */
export function object(fields: Readonly<Record<string, Shape>>): Shape {
  const wanted = Object.entries(fields);
  return (value) => isObject(value) && wanted.every(([name, shape]) => shape(value[name]));
}

/** One shape for each value of a field, as in a discriminated union. */
export function union(field: string, variants: Readonly<Record<string, Shape>>): Shape {
  return (value) => {
    if (!isObject(value)) return false;
    const kind = value[field];
    const shape = typeof kind === "string" && Object.hasOwn(variants, kind) ? variants[kind] : undefined;
    return shape?.(value) ?? false;
  };
}

export function oneOf(...allowed: readonly string[]): Shape {
  return (value) => typeof value === "string" && allowed.includes(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function onlyBytes(value: string): boolean {
  for (let at = 0; at < value.length; at++) if (value.charCodeAt(at) > 0xff) return false;
  return true;
}
