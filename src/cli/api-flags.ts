import { KvorumError, messageOf } from "../base/errors.ts";
import { Client, type ClientOptions, clientOptionsOf } from "../client/index.ts";
import type { Terminal } from "./command.ts";
import type { FlagSpec, Flags } from "./flags.ts";
import { readText } from "./input.ts";

/** Which agent to ask. */
export const CLIENT_FLAGS: readonly FlagSpec[] = [
  { name: "ca-file", kind: "string", value: "value", help: "Certificate authority to trust with https. Also CONSUL_CACERT. TLS is not there yet." },
  { name: "ca-path", kind: "string", value: "value", help: "Folder of certificate authorities to trust with https. Also CONSUL_CAPATH. TLS is not there yet." },
  { name: "client-cert", kind: "string", value: "value", help: "Certificate to show with https. Also CONSUL_CLIENT_CERT. TLS is not there yet." },
  { name: "client-key", kind: "string", value: "value", help: "Key of that certificate. Also CONSUL_CLIENT_KEY. TLS is not there yet." },
  {
    name: "http-addr",
    kind: "string",
    value: "address",
    help: "Address and port of the agent: host:port, a URL, or unix:///path. Also KVORUM_HTTP_ADDR or CONSUL_HTTP_ADDR. http://127.0.0.1:8500 when not given.",
  },
  { name: "tls-server-name", kind: "string", value: "value", help: "Name to expect in the certificate. Also CONSUL_TLS_SERVER_NAME. TLS is not there yet." },
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
  };
  const namespace = flags.string("namespace");
  if (namespace !== "" && namespace !== "default")
    throw new KvorumError("config", `There is no namespace ${JSON.stringify(namespace)}: namespaces are not there`);
  return new Client(options);
}

async function tokenIn(path: string): Promise<string> {
  try {
    return (await readText(path)).toString("utf8").trim();
  } catch (error) {
    throw new KvorumError("config", `Error loading token file: ${messageOf(error)}`, { cause: error });
  }
}
