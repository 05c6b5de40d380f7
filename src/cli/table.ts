/** Rows as columns, two blanks between; nothing after the last text of a line. As Consul prints its lists. */
export function columns(rows: readonly (readonly string[])[], gap = 2): string {
  const widths: number[] = [];
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, [...cell].length);
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell + " ".repeat((widths[at] ?? 0) - [...cell].length + gap))
        .join("")
        .trimEnd(),
    )
    .join("\n");
}
