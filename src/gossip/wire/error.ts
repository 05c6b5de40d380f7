import { KvorumError } from "../../base/errors.ts";

/** A message from the network that is not as the protocol has it. It is dropped and counted; the agent lives. */
export class WireError extends KvorumError {
  override readonly name: string = "WireError";
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super("bad-request", message, options);
  }
}

/** Bytes are missing: of a datagram it is as bad as any other fault, of a stream more may come. */
export class TruncatedError extends WireError {
  /** How many bytes there must be at least, counted from the first, before it is worth another look. */
  readonly neededBytes: number;
  constructor(neededBytes: number) {
    super("Cannot read message: it ends in the middle");
    this.neededBytes = neededBytes;
  }
}
