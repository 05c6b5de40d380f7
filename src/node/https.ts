import { KvorumError, messageOf } from "../base/errors.ts";
import type { RuntimeConfig } from "../config/index.ts";
import type { Credentials, SecureDoor } from "../http/index.ts";
import type { Files } from "../platform/index.ts";

/** The HTTPS door that the configuration asks for; `undefined`: none. Rejects with `config` when its files cannot be used. */
export async function secureDoor(config: RuntimeConfig, files: Files): Promise<SecureDoor | undefined> {
  const { http, limits } = config;
  if (http.secureListen.length === 0) return undefined;
  return { listenAddresses: http.secureListen, credentials: await credentialsOf(config, files), handshakeTimeoutMs: limits.httpsHandshakeTimeoutMs };
}

/** Reads certificate, key and authorities. Rejects with `config`, with the key of the configuration and Consul's words where it has them. */
export async function credentialsOf({ tls }: RuntimeConfig, files: Files): Promise<Credentials> {
  if (tls.certFile === "" || tls.keyFile === "") throw new KvorumError("config", "ports.https needs cert_file and key_file");
  const [cert, key] = [await pem("cert_file", tls.certFile, files), await pem("key_file", tls.keyFile, files)];
  const authorities = tls.caFile === "" ? await authoritiesIn(tls.caPath, files) : [await pem("ca_file", tls.caFile, files)];
  if (tls.verifyClients && authorities.length === 0) throw new KvorumError("config", "VerifyIncoming set, and no CA certificate provided!");
  const { minVersion, ciphers, preferOurCiphers } = tls;
  return { cert, key, authorities, clientsMustShow: tls.verifyClients, minVersion, ciphers, preferOurCiphers };
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
