import type { TelemetrySeries } from "./sink.ts";

/** How a program wants its lines. */
export interface LineStyle {
  /** First part of every name. */
  readonly prefix: string;
  /** Second part of the names of gauges; `undefined`: none (`telemetry.disable_hostname`). */
  readonly hostName: string | undefined;
  /** `parts`: labels are further parts of the name; `tags`: they follow the value, in DogStatsD's way. */
  readonly labels: "parts" | "tags";
  /** Tags of every line, `name:value`; only where labels are tags. */
  readonly tags: readonly string[];
}

export type LineKind = "c" | "g" | "ms";

/** Makes lines such as `consul.rpc.request:1.000000|c`. https://github.com/statsd/statsd, docs/metric_types.md */
export class LineMaker {
  readonly #style: LineStyle;
  /** What stands before and after the value of a series: the same each time. */
  readonly #frames = new WeakMap<TelemetrySeries, { readonly plain: string; readonly gauge: string; readonly after: string }>();

  constructor(style: LineStyle) {
    this.#style = style;
  }

  /** Without its line end. */
  line(series: TelemetrySeries, kind: LineKind, value: number): string {
    const frame = this.#frameOf(series);
    return `${kind === "g" ? frame.gauge : frame.plain}:${this.#value(kind, value)}|${kind}${frame.after}`;
  }

  /** DogStatsD takes counts as whole numbers. */
  #value(kind: LineKind, value: number): string {
    return this.#style.labels === "tags" && kind === "c" && Number.isInteger(value) ? String(value) : value.toFixed(6);
  }

  #frameOf(series: TelemetrySeries): { readonly plain: string; readonly gauge: string; readonly after: string } {
    const known = this.#frames.get(series);
    if (known !== undefined) return known;
    const { prefix, hostName, labels, tags } = this.#style;
    const values = Object.entries(series.labels);
    const end = labels === "parts" ? values.map(([, value]) => `.${value}`).join("") : "";
    const all = [...tags, ...values.map(([name, value]) => `${name}:${value}`)];
    const frame = {
      plain: clean(`${prefix}.${series.name}${end}`),
      // DogStatsD knows the host by itself, and would keep a series of its own for each otherwise.
      gauge: clean(hostName === undefined || labels === "tags" ? `${prefix}.${series.name}${end}` : `${prefix}.${hostName}.${series.name}${end}`),
      after: labels === "tags" && all.length > 0 ? `|#${all.map((tag) => tag.replaceAll(/[,|\n]/g, "_")).join(",")}` : "",
    };
    this.#frames.set(series, frame);
    return frame;
  }
}

/** Characters that mean something in a line do not belong into a name. */
function clean(name: string): string {
  return name.replaceAll(/[\s:|@#]/g, "_");
}
