/** `telemetry.filter_default` and `telemetry.prefix_filter`. */
export interface MetricRules {
  /** Whether a metric passes that no rule is about. */
  readonly passByDefault: boolean;
  /** `+prefix` or `-prefix`; what begins with neither sign is no rule. */
  readonly rules: readonly string[];
}

/** Which metrics are kept. Of several rules about one metric the longest counts, and of the same length the refusal, as in Consul. */
export class MetricFilter {
  readonly #passByDefault: boolean;
  readonly #rules: readonly { readonly prefix: string; readonly passes: boolean }[];

  constructor({ passByDefault, rules }: MetricRules) {
    this.#passByDefault = passByDefault;
    this.#rules = rules
      .filter((rule) => /^[+-]./s.test(rule))
      .map((rule) => ({ prefix: rule.slice(1), passes: rule.startsWith("+") }))
      .sort((a, b) => b.prefix.length - a.prefix.length || Number(a.passes) - Number(b.passes));
  }

  /** Whether a metric passes that goes by these names. */
  passes(names: readonly string[]): boolean {
    const rule = this.#rules.find(({ prefix }) => names.some((name) => name.startsWith(prefix)));
    return rule?.passes ?? this.#passByDefault;
  }
}
