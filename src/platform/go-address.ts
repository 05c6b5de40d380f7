/** A host, which may be empty, and a port. */
export interface GoAddress {
  readonly host: string;
  readonly port: number;
}

/** Names of ports that Go knows everywhere, of those that people write. */
const PORT_NAMES: Readonly<Record<string, number>> = { http: 80, https: 443, domain: 53, ssh: 22 };

/** `host:port` by the rules of Go's `net.Dial`, or in its words what is wrong with it. */
export function goAddress(text: string): GoAddress | string {
  const parts = split(text);
  if (typeof parts === "string") return `dial tcp: address ${text}: ${parts}`;
  const port = /^\d+$/.test(parts.port) ? Number(parts.port) : parts.port === "" ? 0 : PORT_NAMES[parts.port];
  if (port === undefined) return `dial tcp: address tcp/${parts.port}: unknown port`;
  return port > 0xffff ? `dial tcp: address ${parts.port}: invalid port` : { host: parts.host, port };
}

function split(text: string): { readonly host: string; readonly port: string } | string {
  const colon = text.lastIndexOf(":");
  if (colon === -1) return "missing port in address";
  const port = text.slice(colon + 1);
  if (!text.startsWith("[")) {
    const host = text.slice(0, colon);
    if (host.includes(":")) return "too many colons in address";
    return strayBracket(text) ?? { host, port };
  }
  const end = text.indexOf("]");
  if (end === -1) return "missing ']' in address";
  if (end + 1 !== colon) return text[end + 1] === ":" ? "too many colons in address" : "missing port in address";
  return strayBracket(text.slice(1, end) + port) ?? { host: text.slice(1, end), port };
}

function strayBracket(text: string): string | undefined {
  const found = /[[\]]/.exec(text);
  return found === null ? undefined : `unexpected '${found[0]}' in address`;
}
