import { type ErrorCode, KvorumError } from "../base/errors.ts";
import { type Answer, emptyAnswer, plainAnswer } from "./answer.ts";

/** The status of every operating error: the one place where statuses of failures are chosen. Consul answers 500 to most. */
export const STATUS = {
  "bad-request": 400,
  "permission-denied": 403,
  "not-found": 404,
  "method-not-allowed": 405,
  conflict: 409,
  "too-large": 413,
  "too-many-requests": 429,
  "no-leader": 500,
  "not-leader": 500,
  "leadership-lost": 500,
  timeout: 500,
  unavailable: 500,
  "unknown-datacenter": 500,
  disk: 500,
  corrupt: 500,
  config: 500,
  internal: 500,
} as const satisfies Record<ErrorCode, number>;

/** A method that an endpoint does not have. The words are Consul's. */
export class MethodNotAllowedError extends KvorumError {
  override readonly name = "MethodNotAllowedError";
  /** What it has, as the `Allow` header names it. */
  readonly allow: string;

  constructor(method: string, allow: string) {
    super("method-not-allowed", `method ${method} not allowed`);
    this.allow = allow;
  }
}

/** A request that Consul calls bad by name; elsewhere its answers of status 400 have no such beginning. */
export function badRequest(reason: string): KvorumError {
  return new KvorumError("bad-request", `Bad request: ${reason}`);
}

/** Several failures as one, laid out as Consul lays such lists out. */
export function listOfErrors(messages: readonly string[]): KvorumError {
  const count = messages.length === 1 ? "1 error" : `${messages.length} errors`;
  return new KvorumError("internal", `${count} occurred:\n${messages.map((message) => `\t* ${message}\n`).join("")}\n`);
}

/** The answer to an operating error, with more headers where an endpoint has them. */
export function errorAnswer(error: KvorumError, headers: readonly string[] = []): Answer {
  // As in Consul: whoever asks too often is told by the status alone.
  if (error.code === "too-many-requests" && error.message.includes("RPC rate limit exceeded")) return emptyAnswer(STATUS[error.code], headers);
  const allow = error instanceof MethodNotAllowedError ? ["Allow", error.allow] : [];
  return plainAnswer(STATUS[error.code], error.message, [...allow, ...headers]);
}
