import type { ConnectionOptions } from "node:tls";
import type { TlsIdentity } from "./outside-ports.ts";

/** An identity as Node's TLS takes it. */
export function tlsOptionsOf(identity: TlsIdentity | undefined): Pick<ConnectionOptions, "ca" | "cert" | "key" | "servername"> {
  if (identity === undefined) return {};
  const { authorities, own, serverName } = identity;
  return {
    ...(authorities.length === 0 ? {} : { ca: authorities.map((authority) => Buffer.from(authority)) }),
    ...(own === undefined ? {} : { cert: Buffer.from(own.cert), key: Buffer.from(own.key) }),
    ...(serverName === "" ? {} : { servername: serverName }),
  };
}
