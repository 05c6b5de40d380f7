/** Whether two plain values (as JSON has them, with bigints) are the same all the way down. A member that is `undefined` counts as absent. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((value: unknown, at) => deepEqual(value, b[at]));
  }
  const left = members(a);
  const right = new Map(members(b));
  return left.length === right.size && left.every(([key, value]) => right.has(key) && deepEqual(value, right.get(key)));
}

function members(value: object): (readonly [string, unknown])[] {
  return Object.entries(value).filter(([, member]) => member !== undefined);
}
