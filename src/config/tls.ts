import type { Reader } from "./reader.ts";

/** TLS of the HTTP API. Paths are as written; empty: not given. Consul configuration docs, `cert_file` and its neighbours. */
export interface TlsSettings {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
  readonly caPath: string;
  /** HTTPS clients must show a certificate of these authorities. `verify_incoming_https`. */
  readonly verifyClients: boolean;
  readonly minVersion: "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";
  /** OpenSSL's names, colons between; empty: the usual ones. */
  readonly ciphers: string;
  readonly preferOurCiphers: boolean;
  /** Checks by TLS believe the authorities above and show the certificate above. `enable_agent_tls_for_checks`. */
  readonly forChecks: boolean;
  /** `server_name`. */
  readonly serverName: string;
}

const VERSIONS: Readonly<Record<string, TlsSettings["minVersion"]>> = { tls10: "TLSv1", tls11: "TLSv1.1", tls12: "TLSv1.2", tls13: "TLSv1.3" };

export function tlsSettings(from: Reader): TlsSettings {
  const said = from.string("tls_min_version").toLowerCase() || "tls12";
  const minVersion = VERSIONS[said];
  if (minVersion === undefined) from.errors.push(`TLSMinVersion: value ${said} not supported, please specify one of [tls10, tls11, tls12, tls13]`);
  return {
    certFile: from.string("cert_file"),
    keyFile: from.string("key_file"),
    caFile: from.string("ca_file"),
    caPath: from.string("ca_path"),
    verifyClients: from.bool("verify_incoming_https"),
    minVersion: minVersion ?? "TLSv1.2",
    ciphers: from
      .string("tls_cipher_suites")
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "")
      .map(openSslName)
      .join(":"),
    preferOurCiphers: from.bool("tls_prefer_server_cipher_suites"),
    forChecks: from.bool("enable_agent_tls_for_checks"),
    serverName: from.string("server_name"),
  };
}

/** `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256` is `ECDHE-RSA-AES128-GCM-SHA256` to OpenSSL; CBC goes without saying there. */
function openSslName(name: string): string {
  return name.replace(/^TLS_/, "").replace("_WITH_AES_", "-AES").replace("_CBC", "").replaceAll("_", "-");
}
