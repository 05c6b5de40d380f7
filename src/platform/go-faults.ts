import { messageOf } from "../base/errors.ts";

const SYSCALL_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  EACCES: "connect: permission denied",
  EADDRNOTAVAIL: "connect: cannot assign requested address",
  ETIMEDOUT: "i/o timeout",
};

const UNKNOWN_AUTHORITY = "x509: certificate signed by unknown authority";
const TLS_WORDS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  CERT_HAS_EXPIRED: "x509: certificate has expired or is not yet valid",
  CERT_NOT_YET_VALID: "x509: certificate has expired or is not yet valid",
};

/** What Go says when it cannot connect to `address`: programs and people look for these words in the outputs of checks. */
export function dialFault(error: unknown, address: string, network = "tcp"): string {
  const cause = rootOf(error);
  const code = codeOf(cause);
  if (code === "ENOENT") return `dial ${network} ${address}: connect: no such file or directory`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `dial ${network}: lookup ${address.replace(/:\d+$/, "")}: no such host`;
  const words = SYSCALL_WORDS[code];
  return words === undefined ? `dial ${network} ${address}: ${messageOf(cause)}` : `dial ${network} ${whereOf(cause, address)}: ${words}`;
}

/** What Go says when a TLS connection cannot be agreed on; `undefined`: it is none of the common faults. */
export function tlsFault(error: unknown): string | undefined {
  const cause = rootOf(error);
  if (messageOf(cause).includes("wrong version number")) return "tls: first record does not look like a TLS handshake";
  return TLS_WORDS[codeOf(cause)];
}

/** The system's own code of an error, or of what caused it; empty when there is none. */
export function codeOf(error: unknown): string {
  const code: unknown = typeof error === "object" && error !== null ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" ? code : "";
}

/** The error that began it: the last cause, of several attempts the first. */
export function rootOf(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return rootOf(error.errors[0]);
  return error instanceof Error && error.cause !== undefined ? rootOf(error.cause) : error;
}

/** The address that was dialled in the end: names have become numbers there. */
function whereOf(error: unknown, address: string): string {
  if (typeof error !== "object" || error === null) return address;
  const host: unknown = Reflect.get(error, "address");
  const port: unknown = Reflect.get(error, "port");
  if (typeof host !== "string" || typeof port !== "number") return address;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
