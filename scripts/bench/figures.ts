/** What is measured: a line of the table. Several rounds give several values; what is printed is their median. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** Whether more is better, which says how the ratio is to be read. */
  readonly better: "more" | "less";
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

/** Collects values by name while rounds of the contestants alternate. */
export class Figures {
  readonly #figures = new Map<string, { readonly unit: string; readonly better: "more" | "less"; readonly values: readonly [number[], number[]] }>();

  /** @param contestant 0: ours, 1: the peer */
  add(contestant: number, name: string, unit: string, better: "more" | "less", value: number): void {
    let figure = this.#figures.get(name);
    if (figure === undefined) {
      figure = { unit, better, values: [[], []] };
      this.#figures.set(name, figure);
    }
    figure.values[contestant === 0 ? 0 : 1].push(value);
  }

  all(): readonly Figure[] {
    return [...this.#figures].map(([name, { unit, better, values }]) => ({ name, unit, better, ours: values[0], theirs: values[1] }));
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? Number.NaN) : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** The table as Markdown, which is readable on a terminal as well. */
export function printTable(figures: readonly Figure[], names: readonly string[]): void {
  const rows = figures.map(({ name, unit, better, ours, theirs }) => {
    const cells = [`${name}, ${unit}`, format(median(ours))];
    if (names.length > 1) cells.push(format(median(theirs)), format(median(ours) / median(theirs)), better === "more" ? "above 1" : "below 1");
    return cells;
  });
  const head = names.length > 1 ? ["figure (medians)", names[0] ?? "", names[1] ?? "", "ratio", "better"] : ["figure (medians)", names[0] ?? ""];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" | ")} |`;
  console.log(line(head));
  console.log(`| ${widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`);
  for (const row of rows) console.log(line(row));
}

function format(value: number): string {
  if (Number.isNaN(value)) return "–";
  if (value >= 1000) return Math.round(value).toLocaleString("en-US");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
