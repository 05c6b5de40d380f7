import type { SecureVersion, TlsOptions } from "node:tls";

/** What a door shows to those who come by HTTPS, and what it asks of them. Everything in PEM. */
export interface Credentials {
  readonly cert: Uint8Array;
  readonly key: Uint8Array;
  /** Authorities that clients' certificates may be signed by. */
  readonly authorities: readonly Uint8Array[];
  /** Whoever shows no such certificate is turned away. `verify_incoming_https`. */
  readonly clientsMustShow: boolean;
  readonly minVersion: SecureVersion;
  /** OpenSSL's names, colons between; empty: the usual ones. */
  readonly ciphers: string;
  readonly preferOurCiphers: boolean;
}

/** Where HTTPS is spoken, besides what is spoken plainly. */
export interface SecureDoor {
  /** `ip:port` each. */
  readonly listenAddresses: readonly string[];
  readonly credentials: Credentials;
  /** How long a handshake may take, milliseconds; 0: the usual time. `limits.https_handshake_timeout`. */
  readonly handshakeTimeoutMs: number;
}

/** Credentials as Node takes them: when a server is made, and when they change. */
export function tlsOptionsOf({ cert, key, authorities, clientsMustShow, minVersion, ciphers, preferOurCiphers }: Credentials): TlsOptions {
  return {
    cert: Buffer.from(cert),
    key: Buffer.from(key),
    ...(authorities.length === 0 ? {} : { ca: authorities.map((authority) => Buffer.from(authority)) }),
    // Asked for always, so that a client that has one may show it; told apart by the second.
    requestCert: clientsMustShow,
    rejectUnauthorized: clientsMustShow,
    minVersion,
    ...(ciphers === "" ? {} : { ciphers }),
    honorCipherOrder: preferOurCiphers,
    ALPNProtocols: ["http/1.1"],
  };
}
