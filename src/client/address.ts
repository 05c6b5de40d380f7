import { KvorumError } from "../base/errors.ts";

/** Where an agent answers: by TCP or on a unix socket. */
export type Endpoint =
  | {
      readonly kind: "tcp";
      readonly host: string;
      readonly port: number /** By https. */;
      readonly secure: boolean /** As it stands in URLs. */;
      readonly origin: string;
      readonly basePath: string;
    }
  | { readonly kind: "unix"; readonly path: string; readonly origin: string; readonly basePath: string };

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/**
 * Reads what `-http-addr` and `CONSUL_HTTP_ADDR` may hold: `host:port`, `http://host:port/base`, `https://…`, `unix:///path`. `ssl`: https where no
 * scheme is said. Throws `KvorumError` for anything else.
 */
export function parseEndpoint(text: string, ssl = false): Endpoint {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === "unix") return { kind: "unix", path: text.slice("unix://".length), origin: "http://127.0.0.1", basePath: "" };
  if (scheme !== undefined && scheme !== "http" && scheme !== "https") throw new KvorumError("config", `Unknown protocol scheme: ${scheme}`);
  const protocol = scheme ?? (ssl ? "https" : "http");
  const rest = scheme === undefined ? text : text.slice(`${scheme}://`.length);
  const slash = rest.indexOf("/");
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const basePath = slash < 0 ? "" : rest.slice(slash).replace(/\/+$/, "");
  const match = /^(\[[^\]]+\]|[^:]*)(?::(\d+))?$/.exec(authority);
  if (match === null) throw new KvorumError("config", `Cannot read the address "${text}": it is neither host:port nor a URL`);
  const host = match[1] === "" || match[1] === undefined ? "127.0.0.1" : match[1];
  const port = match[2] === undefined ? DEFAULT_PORTS[protocol] : Number(match[2]);
  return { kind: "tcp", host: host.replace(/^\[|\]$/g, ""), port, secure: protocol === "https", origin: `${protocol}://${authority}`, basePath };
}
