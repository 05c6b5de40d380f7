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
export function clientOptionsOf(env: Environment): ClientOptions & { readonly tokenFile?: string } {
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
