import type { ClientOptions } from "./client.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable under our own name, else under Consul's: `KVORUM_HTTP_ADDR` before `CONSUL_HTTP_ADDR`. Empty counts as not set. */
export function variable(env: Environment, name: string): string | undefined {
  const own = env[`KVORUM_${name}`];
  if (own !== undefined && own !== "") return own;
  const consul = env[`CONSUL_${name}`];
  return consul === undefined || consul === "" ? undefined : consul;
}

/** What the environment says about which agent to ask and how. Consul docs, environment variables of the commands. */
export function clientOptionsOf(env: Environment): Omit<ClientOptions, "tls"> & { readonly tokenFile?: string } {
  const address = variable(env, "HTTP_ADDR");
  const token = variable(env, "HTTP_TOKEN");
  const tokenFile = variable(env, "HTTP_TOKEN_FILE");
  const auth = variable(env, "HTTP_AUTH");
  const ssl = variable(env, "HTTP_SSL");
  return {
    ...(address === undefined ? {} : { address }),
    ...(token === undefined ? {} : { token }),
    ...(tokenFile === undefined ? {} : { tokenFile }),
    ...(auth === undefined ? {} : { auth }),
    ...(ssl !== undefined && /^(1|t|true)$/i.test(ssl) ? { ssl: true } : {}),
  };
}

/** Files for https and what goes with them; empty: not given. */
export interface TlsFiles {
  readonly caFile: string;
  readonly caPath: string;
  readonly clientCert: string;
  readonly clientKey: string;
  readonly serverName: string;
  readonly skipVerify: boolean;
}

/** What the environment says about https. `CONSUL_HTTP_SSL_VERIFY=false` believes any certificate. */
export function tlsFilesOf(env: Environment): TlsFiles {
  const verify = variable(env, "HTTP_SSL_VERIFY");
  return {
    caFile: variable(env, "CACERT") ?? "",
    caPath: variable(env, "CAPATH") ?? "",
    clientCert: variable(env, "CLIENT_CERT") ?? "",
    clientKey: variable(env, "CLIENT_KEY") ?? "",
    serverName: variable(env, "TLS_SERVER_NAME") ?? "",
    skipVerify: verify !== undefined && /^(0|f|false)$/i.test(verify),
  };
}
