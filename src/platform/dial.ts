import { connect as connectTcp, isIP, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, DEFAULT_CIPHERS, type TLSSocket } from "node:tls";
import { messageOf } from "../base/errors.ts";
import { formatAddress } from "./address.ts";
import { codeOf, dialFault, handshakeFault, UNKNOWN_AUTHORITY } from "./go-faults.ts";
import type { TlsIdentity } from "./outside-ports.ts";

/** Why there is no connection, in Go's words. */
export class DialFault extends Error {
  override readonly name = "DialFault";
  /** Whether it failed on the way there, or when TLS was to be agreed on. */
  readonly phase: "dial" | "handshake";

  constructor(phase: DialFault["phase"], message: string, cause?: unknown) {
    super(message, { cause });
    this.phase = phase;
  }
}

export interface Whom {
  readonly host: string;
  readonly port: number;
}

export interface SecureWhom extends Whom {
  readonly identity: TlsIdentity | undefined;
  readonly skipVerify: boolean;
  /** What is to be spoken, as of ALPN; empty: nothing is said of it. */
  readonly protocols: readonly string[];
}

/** Connects by TCP. Rejects with `DialFault`. Aborting gives it up. */
export function dial({ host, port }: Whom, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: host === "" ? "localhost" : host, port, signal });
    const failed = (error: unknown): void => reject(new DialFault("dial", dialFault(error, formatAddress(host, port)), error));
    socket.once("error", failed);
    socket.once("connect", () => {
      socket.off("error", failed);
      resolve(socket);
    });
  });
}

/**
 * The same, and agrees on TLS. The other end has proved who it is, unless `skipVerify`, before anything can be written: in Go's order, time, name,
 * authority, so that of several faults the same one is told. Without an identity versions from TLS 1.0 on are taken, as Consul's checks do.
 */
export async function dialSecure(whom: SecureWhom, signal: AbortSignal): Promise<TLSSocket> {
  const { host, identity, skipVerify, protocols } = whom;
  const tcp = await dial(whom, signal);
  const name = identity?.serverName || host;
  const minVersion = identity?.minVersion ?? "TLSv1";
  const { localAddress, localPort, remoteAddress, remotePort } = tcp;
  const over = { localAddress, localPort, remoteAddress, remotePort }; // a broken one forgets them
  let broken: unknown;
  tcp.once("error", (error) => {
    broken = error; // of which TLS tells less
  });
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      socket: tcp,
      host: name,
      ...(isIP(name) === 0 ? { servername: name } : {}),
      rejectUnauthorized: false, // `certificateFault` below judges
      ALPNProtocols: [...protocols],
      minVersion,
      ...(minVersion < "TLSv1.2" ? { ciphers: `${DEFAULT_CIPHERS}:@SECLEVEL=0` } : {}), // OpenSSL has no TLS 1.0 and 1.1 above
      ...materialOf(identity),
    });
    const failed = (error: unknown): void => {
      tcp.destroy();
      reject(new DialFault("handshake", handshakeFault(broken ?? error, over), error));
    };
    socket.once("error", failed);
    socket.once("secureConnect", () => {
      const fault = skipVerify ? undefined : certificateFault(socket, name);
      socket.off("error", failed);
      if (fault === undefined) {
        resolve(socket);
        return;
      }
      socket.on("error", () => undefined); // it is given up: what else befalls it is of no interest
      socket.destroy();
      reject(new DialFault("handshake", fault));
    });
  });
}

function materialOf(identity: TlsIdentity | undefined): { readonly ca?: Buffer[]; readonly cert?: Buffer; readonly key?: Buffer } {
  if (identity === undefined) return {};
  const { authorities, own } = identity;
  return {
    ...(authorities.length === 0 ? {} : { ca: authorities.map((authority) => Buffer.from(authority)) }),
    ...(own === undefined ? {} : { cert: Buffer.from(own.cert), key: Buffer.from(own.key) }),
  };
}

/** What Go finds wrong with the other end's certificate first; `undefined`: nothing. */
function certificateFault(socket: TLSSocket, name: string): string | undefined {
  const leaf = socket.getPeerX509Certificate();
  if (leaf === undefined) return UNKNOWN_AUTHORITY;
  const now = Date.now();
  const [from, to] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)];
  if (now < from || now > to)
    return `x509: certificate has expired or is not yet valid: current time ${second(now)} is ${now < from ? `before ${second(from)}` : `after ${second(to)}`}`;
  if (checkServerIdentity(name, leaf.toLegacyObject()) !== undefined) return nameFault(leaf.subjectAltName ?? "", leaf.subject, name);
  if (socket.authorized) return undefined;
  const { authorizationError } = socket;
  return handshakeFault({ code: String(codeOf(authorizationError) || authorizationError), message: messageOf(authorizationError) });
}

function nameFault(alternatives: string, subject: string, name: string): string {
  const of = (kind: string): readonly string[] =>
    alternatives
      .split(", ")
      .filter((one) => one.startsWith(kind))
      .map((one) => one.slice(kind.length));
  const addresses = of("IP Address:");
  if (isIP(name) !== 0 && addresses.length === 0) return `x509: cannot validate certificate for ${name} because it doesn't contain any IP SANs`;
  const common = alternatives === "" ? /^CN=(.*)$/m.exec(subject)?.[1] : undefined;
  const valid = isIP(name) !== 0 ? addresses : common === undefined ? of("DNS:") : [common];
  return valid.length === 0
    ? `x509: certificate is not valid for any names, but wanted to match ${name}`
    : `x509: certificate is valid for ${valid.join(", ")}, not ${name}`;
}

/** A time to the second, in UTC. RFC 3339. */
function second(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}
