import { KvorumError, messageOf } from "../base/errors.ts";
import type { RuntimeConfig } from "../config/index.ts";
import type { Credentials, SecureDoor } from "../http/index.ts";
import type { Files, TlsIdentity } from "../platform/index.ts";

/** The HTTPS door that the configuration asks for; `undefined`: none. Rejects with `config` when its files cannot be used. */
export async function secureDoor(config: RuntimeConfig, files: Files): Promise<SecureDoor | undefined> {
  const { http, limits } = config;
  if (!asksForHttps(config)) return undefined;
  return { listenAddresses: http.secureListen, credentials: await credentialsOf(config, files), handshakeTimeoutMs: limits.httpsHandshakeTimeoutMs };
}

/**
 * Whether there is to be an HTTPS door. A port alone, with neither certificate nor key, makes none: Consul starts with such a configuration too (its own
 * client's tests write it), and nobody could shake hands with what listens there.
 */
export function asksForHttps({ http, tls }: Pick<RuntimeConfig, "http" | "tls">): boolean {
  return http.secureListen.length > 0 && (tls.certFile !== "" || tls.keyFile !== "");
}

/** Reads certificate, key and authorities. Rejects with `config`, with the key of the configuration and Consul's words where it has them. */
export async function credentialsOf({ tls }: RuntimeConfig, files: Files): Promise<Credentials> {
  if (tls.certFile === "" || tls.keyFile === "") throw new KvorumError("config", "ports.https needs cert_file and key_file");
  const [cert, key] = [await pem("cert_file", tls.certFile, files), await pem("key_file", tls.keyFile, files)];
  const authorities = await authoritiesOf(tls, files);
  if (tls.verifyClients && authorities.length === 0) throw new KvorumError("config", "VerifyIncoming set, and no CA certificate provided!");
  const { minVersion, ciphers, preferOurCiphers } = tls;
  return { cert, key, authorities, clientsMustShow: tls.verifyClients, minVersion, ciphers, preferOurCiphers };
}

/**
 * What checks by TLS go by; `undefined`: nothing of this agent's own (`enable_agent_tls_for_checks`). Whoever is asked must then have a certificate for
 * `server_name`, or where that is not set for this node's name, whatever the address: so it is in Consul 1.8.7. Rejects with `config`.
 */
export async function checkIdentity({ tls, nodeName }: RuntimeConfig, files: Files): Promise<TlsIdentity | undefined> {
  if (!tls.forChecks) return undefined;
  const own =
    tls.certFile === "" || tls.keyFile === ""
      ? undefined
      : { cert: await pem("cert_file", tls.certFile, files), key: await pem("key_file", tls.keyFile, files) };
  return { authorities: await authoritiesOf(tls, files), own, serverName: tls.serverName || nodeName, minVersion: tls.minVersion };
}

async function authoritiesOf({ caFile, caPath }: RuntimeConfig["tls"], files: Files): Promise<readonly Buffer[]> {
  return caFile === "" ? authoritiesIn(caPath, files) : [await pem("ca_file", caFile, files)];
}

async function authoritiesIn(folder: string, files: Files): Promise<readonly Buffer[]> {
  if (folder === "") return [];
  const names = await files.list(folder);
  return Promise.all(names.map((name) => pem("ca_path", `${folder.replace(/\/+$/, "")}/${name}`, files)));
}

async function pem(key: string, path: string, files: Files): Promise<Buffer> {
  let content: Buffer | undefined;
  try {
    content = await files.read(path);
  } catch (error) {
    throw new KvorumError("config", `${key}: ${messageOf(error)}`, { cause: error });
  }
  if (content === undefined) throw new KvorumError("config", `${key}: open ${path}: no such file or directory`);
  if (!content.includes("-----BEGIN ")) throw new KvorumError("config", `${key}: ${path} holds nothing in PEM`);
  return content;
}
