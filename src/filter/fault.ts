/** An expression that cannot be used. The message is that of Consul 1.8.7, which its clients show to people. */
export class FilterFault extends Error {
  override readonly name: string = "FilterFault";

  constructor(reason: string) {
    super(`Failed to create boolean expression evaluator: ${reason}`);
  }
}

/** Of a text that is no expression at all, whatever it is asked of. */
export class FilterSyntaxFault extends FilterFault {}
