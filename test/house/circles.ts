/** Each circle of imports as the files that are in it, sorted: files of which each can be reached from every other. */
export function circlesOf(imports: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const reached = new Map([...imports.keys()].map((file) => [file, reachedFrom(file, imports)]));
  const circles = new Map<string, readonly string[]>();
  for (const [file, far] of reached) {
    if (!far.has(file)) continue;
    const circle = [...far].filter((other) => reached.get(other)?.has(file)).sort();
    circles.set(circle.join(" "), circle);
  }
  return [...circles.values()];
}

/** All that a file imports, and what that imports, and so on; itself only when it is in a circle. */
function reachedFrom(file: string, imports: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const found = new Set<string>();
  const next = [file];
  for (let here = next.pop(); here !== undefined; here = next.pop()) {
    for (const other of imports.get(here) ?? []) {
      if (found.has(other)) continue;
      found.add(other);
      next.push(other);
    }
  }
  return found;
}
