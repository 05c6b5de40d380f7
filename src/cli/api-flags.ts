import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { KvorumError, messageOf } from "../base/errors.ts";
import { Client, type ClientOptions, clientOptionsOf, type TlsWishes, tlsFilesOf } from "../client/index.ts";
import type { Terminal } from "./command.ts";
import type { FlagSpec, Flags } from "./flags.ts";
import { fileError, readText } from "./input.ts";

/** Which agent to ask. */
export const CLIENT_FLAGS: readonly FlagSpec[] = [
  { name: "ca-file", kind: "string", value: "value", help: "Certificate authority to trust with https. Also CONSUL_CACERT." },
  { name: "ca-path", kind: "string", value: "value", help: "Folder of certificate authorities to trust with https. Also CONSUL_CAPATH." },
  { name: "client-cert", kind: "string", value: "value", help: "Certificate to show with https. Also CONSUL_CLIENT_CERT." },
  { name: "client-key", kind: "string", value: "value", help: "Key of that certificate. Also CONSUL_CLIENT_KEY." },
  {
    name: "http-addr",
    kind: "string",
    value: "address",
    help: "Address and port of the agent: host:port, a URL, or unix:///path. Also KVORUM_HTTP_ADDR or CONSUL_HTTP_ADDR. http://127.0.0.1:8500 when not given.",
  },
  { name: "tls-server-name", kind: "string", value: "value", help: "Name to expect in the certificate. Also CONSUL_TLS_SERVER_NAME." },
  { name: "token", kind: "string", value: "value", help: "Token to send. Also KVORUM_HTTP_TOKEN or CONSUL_HTTP_TOKEN." },
  { name: "token-file", kind: "string", value: "value", help: "File that holds the token. Also KVORUM_HTTP_TOKEN_FILE or CONSUL_HTTP_TOKEN_FILE." },
];

/** Which servers may answer. */
export const SERVER_FLAGS: readonly FlagSpec[] = [
  { name: "datacenter", kind: "string", value: "value", help: "Datacenter to ask. That of the agent when not given." },
  { name: "stale", kind: "bool", help: "Lets any server answer, not only the leader: quicker, and possibly old. Changes nothing for writes." },
];

export const NAMESPACE_FLAG: FlagSpec = {
  name: "namespace",
  kind: "string",
  value: "default",
  help: "Not here: namespaces are of the enterprise product. Accepted and passed over when it is default.",
};

/** The client that flags and environment ask for. Throws `KvorumError` when they cannot be followed. */
export async function clientOf(flags: Flags, terminal: Terminal): Promise<Client> {
  const { tokenFile, ...env } = clientOptionsOf(terminal.env);
  const file = flags.string("token-file", tokenFile ?? "");
  const address = flags.string("http-addr", env.address ?? "");
  const token = flags.string("token", file === "" ? (env.token ?? "") : await tokenIn(file));
  const options: ClientOptions = {
    ...env,
    token,
    ...(address === "" ? {} : { address }),
    datacenter: flags.string("datacenter"),
    stale: flags.bool("stale"),
    tls: await tlsOf(flags, terminal),
  };
  const namespace = flags.string("namespace");
  if (namespace !== "" && namespace !== "default")
    throw new KvorumError("config", `There is no namespace ${JSON.stringify(namespace)}: namespaces are not there`);
  return new Client(options);
}

/** What flags and environment say about https. Rejects with `config` when a file cannot be read. */
async function tlsOf(flags: Flags, terminal: Terminal): Promise<TlsWishes> {
  const env = tlsFilesOf(terminal.env);
  const caFile = flags.string("ca-file", env.caFile);
  const caPath = flags.string("ca-path", env.caPath);
  const cert = flags.string("client-cert", env.clientCert);
  const key = flags.string("client-key", env.clientKey);
  const serverName = flags.string("tls-server-name", env.serverName);
  if ((cert === "") !== (key === "")) throw new KvorumError("config", "both client cert and client key must be provided");
  const authorities = caFile !== "" ? [caFile] : caPath === "" ? [] : await filesIn(caPath);
  return {
    authorities: await Promise.all(authorities.map((path) => pemIn("CA File", path))),
    ...(cert === "" ? {} : { cert: await pemIn("client cert file", cert), key: await pemIn("client key file", key) }),
    ...(serverName === "" ? {} : { serverName }),
    ...(env.skipVerify ? { skipVerify: true } : {}),
  };
}

async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort().map((name) => join(folder, name));
  } catch (error) {
    throw new KvorumError("config", `Error loading CA path: ${messageOf(fileError(error, "open", folder))}`, { cause: error });
  }
}

async function pemIn(what: string, path: string): Promise<Uint8Array> {
  try {
    return await readText(path);
  } catch (error) {
    throw new KvorumError("config", `Error loading ${what}: ${messageOf(error)}`, { cause: error });
  }
}

async function tokenIn(path: string): Promise<string> {
  try {
    return (await readText(path)).toString("utf8").trim();
  } catch (error) {
    throw new KvorumError("config", `Error loading token file: ${messageOf(error)}`, { cause: error });
  }
}
