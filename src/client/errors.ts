import { KvorumError } from "../base/errors.ts";
import type { Endpoint } from "./address.ts";

/** The agent answered, but not with what was asked for. The text is that of Consul's client. */
export class StatusError extends KvorumError {
  override readonly name = "StatusError";
  readonly status: number;
  readonly body: string;
  constructor(status: number, body: string) {
    super("internal", `Unexpected response code: ${status} (${body})`);
    this.status = status;
    this.body = body;
  }
}

/** The agent could not be asked, or the connection broke before it had answered. */
export class TransportError extends KvorumError {
  override readonly name = "TransportError";
  constructor(message: string, options: { readonly cause: unknown }) {
    super("unavailable", message, options);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  EADDRNOTAVAIL: "connect: cannot assign requested address",
  ENOENT: "connect: no such file or directory",
  EACCES: "connect: permission denied",
  ETIMEDOUT: "i/o timeout",
};

const UNKNOWN_AUTHORITY: ReadonlySet<string> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** Puts a system error as Consul's client does, so that scripts that look for `connection refused` find it. */
export function transportError(
  error: unknown,
  { method, url, endpoint }: { readonly method: string; readonly url: string; readonly endpoint: Endpoint },
): TransportError {
  const verb = method.charAt(0) + method.slice(1).toLowerCase();
  return new TransportError(`${verb} ${JSON.stringify(url)}: ${reason(error, endpoint)}`, { cause: error });
}

function reason(error: unknown, endpoint: Endpoint): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError" || (error.cause instanceof Error && error.cause.name === "TimeoutError")) return "context deadline exceeded";
  if (error.name === "AbortError") return "context canceled";
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const place =
    endpoint.kind === "unix" ? `dial unix ${endpoint.path}` : `dial tcp ${endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`;
  if (code === "ENOTFOUND" && endpoint.kind === "tcp") return `dial tcp: lookup ${endpoint.host}: no such host`;
  if (code === "ECONNRESET") return error.message === "socket hang up" ? "EOF" : "read: connection reset by peer";
  if (UNKNOWN_AUTHORITY.has(code)) return "x509: certificate signed by unknown authority";
  if (code === "CERT_HAS_EXPIRED") return "x509: certificate has expired or is not yet valid";
  const alert = /tlsv1\d* alert ([a-z ]+):/.exec(error.message)?.[1];
  if (alert !== undefined) return `remote error: tls: ${alert}`;
  const names = /^Hostname\/IP does not match certificate's altnames: Host: (.*)\. is not in the cert's altnames: (.*)$/.exec(error.message);
  if (names !== null) return `x509: certificate is valid for ${(names[2] ?? "").replaceAll(/(?:DNS|IP Address):/g, "")}, not ${names[1]}`;
  const known = REASONS[code];
  return known === undefined ? error.message : `${place}: ${known}`;
}
