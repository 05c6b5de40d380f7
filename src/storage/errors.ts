import { KvorumError } from "../base/errors.ts";

/** Stored data are not what was written. The message names the file and what to do about it. */
export class CorruptError extends KvorumError {
  override readonly name = "CorruptError";

  constructor(path: string, fault: string, options?: { readonly cause?: unknown }) {
    super(
      "corrupt",
      `Cannot use "${path}": ${fault}. Keep a copy of the data directory; then either restore it from a backup of this server, ` +
        "or move it away and let this server join again as a new one while a majority of the others still runs",
      options,
    );
  }
}
