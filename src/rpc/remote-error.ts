import { type ErrorCode, KvorumError, messageOf } from "../base/errors.ts";

const CODES: Readonly<Record<ErrorCode, true>> = {
  "bad-request": true,
  "permission-denied": true,
  "not-found": true,
  "method-not-allowed": true,
  conflict: true,
  "too-large": true,
  "too-many-requests": true,
  "no-leader": true,
  "not-leader": true,
  "leadership-lost": true,
  timeout: true,
  unavailable: true,
  "unknown-datacenter": true,
  disk: true,
  corrupt: true,
  config: true,
  internal: true,
};

/** Code and text as they go over the wire. A fault of Kvorum's own goes as `internal`. */
export function encodeError(error: unknown): readonly [ErrorCode, string] {
  return [error instanceof KvorumError ? error.code : "internal", messageOf(error)];
}

/** The other server's error as it was there; a code that this version does not know counts as `internal`. */
export function decodeError(code: unknown, text: unknown): KvorumError {
  const known = typeof code === "string" && Object.hasOwn(CODES, code) ? (code as ErrorCode) : "internal";
  return new KvorumError(known, typeof text === "string" ? text : "Unknown error");
}
