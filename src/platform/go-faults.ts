import { getServers } from "node:dns";
import type { Socket } from "node:net";
import { domainToASCII } from "node:url";
import { messageOf } from "../base/errors.ts";
import { formatAddress } from "./address.ts";

const SYSCALL_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  EACCES: "connect: permission denied",
  EADDRNOTAVAIL: "connect: cannot assign requested address",
  ECONNRESET: "connect: connection reset by peer",
  ETIMEDOUT: "i/o timeout",
};

export const UNKNOWN_AUTHORITY = "x509: certificate signed by unknown authority";
const TLS_WORDS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  CERT_HAS_EXPIRED: "x509: certificate has expired or is not yet valid",
  CERT_NOT_YET_VALID: "x509: certificate has expired or is not yet valid",
};

/** Go's words for TLS alerts, by number. RFC 8446 §6. */
const ALERTS: Readonly<Record<string, string>> = {
  10: "unexpected message",
  20: "bad record MAC",
  21: "decryption failed",
  22: "record overflow",
  40: "handshake failure",
  42: "bad certificate",
  43: "unsupported certificate",
  44: "revoked certificate",
  45: "expired certificate",
  46: "unknown certificate",
  47: "illegal parameter",
  48: "unknown certificate authority",
  49: "access denied",
  50: "error decoding message",
  51: "error decrypting message",
  70: "protocol version not supported",
  71: "insufficient security level",
  80: "internal error",
  86: "inappropriate fallback",
  90: "user canceled",
  109: "missing extension",
  110: "unsupported extension",
  112: "unrecognized name",
  113: "bad certificate status response",
  115: "unknown PSK identity",
  116: "certificate required",
  120: "no application protocol",
};

/** What Go says when it cannot connect to `address`: programs and people look for these words in the outputs of checks. */
export function dialFault(error: unknown, address: string, network = "tcp"): string {
  const cause = rootOf(error);
  const code = codeOf(cause);
  if (code === "ENOENT") return `dial ${network} ${address}: connect: no such file or directory`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `dial ${network}: ${lookupFault(address.replace(/:\d+$/, ""), code)}`;
  const words = SYSCALL_WORDS[code];
  return words === undefined ? `dial ${network} ${address}: ${messageOf(cause)}` : `dial ${network} ${whereOf(cause, address)}: ${words}`;
}

/** What Go says when a TLS connection cannot be agreed on; `undefined`: it is none of the common faults. */
export function tlsFault(error: unknown): string | undefined {
  const cause = rootOf(error);
  const message = messageOf(cause);
  if (message.includes("wrong version number")) return "tls: first record does not look like a TLS handshake";
  const alert = /SSL alert number (\d+)/.exec(message)?.[1];
  return alert === undefined ? TLS_WORDS[codeOf(cause)] : `remote error: tls: ${ALERTS[alert] ?? `alert(${alert})`}`;
}

/** A connection, by its two ends. */
export type Ends = { readonly [K in "localAddress" | "localPort" | "remoteAddress" | "remotePort"]: Socket[K] };

/** The same, with other words where there are none of Go's; `over` is the connection it was tried on. */
export function handshakeFault(error: unknown, over?: Ends): string {
  const known = tlsFault(error);
  if (known !== undefined) return known;
  const cause = rootOf(error);
  if (codeOf(cause) !== "ECONNRESET") return messageOf(cause);
  if (!messageOf(cause).startsWith("read ")) return "EOF"; // Node: the other end closed before TLS was agreed on
  const ends = over === undefined ? "" : ` tcp ${formatAddress(over.localAddress, over.localPort)}->${formatAddress(over.remoteAddress, over.remotePort)}`;
  return `read${ends}: read: connection reset by peer`;
}

/** Go names the server that it asked for a name, unless the name is none. */
function lookupFault(host: string, code: string): string {
  const [server] = getServers();
  const asked =
    server === undefined || domainToASCII(host) === ""
      ? ""
      : ` on ${/^\[|\.\d+:/.test(server) ? server : server.includes(":") ? `[${server}]:53` : `${server}:53`}`;
  return `lookup ${host}${asked}: ${code === "EAI_AGAIN" ? "server misbehaving" : "no such host"}`;
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
