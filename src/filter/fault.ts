/** An expression that cannot be used. The message is that of Consul 1.8.7, which its clients show to people. */
export class FilterFault extends Error {
  override readonly name = "FilterFault";

  constructor(reason: string) {
    super(`Failed to create boolean expression evaluator: ${reason}`);
  }
}
