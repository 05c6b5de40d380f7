import { ConfigError } from "./decode.ts";
import type { ListInterfaces, NetInterface } from "./interfaces.ts";
import { bare, ipFamily, isAnyAddress, joinHostPort } from "./ip.ts";
import { ADDRESSES_SHOWN_MAX } from "./limits.ts";
import type { Reader } from "./reader.ts";
import type { Ports } from "./runtime.ts";
import { fillAddress, privateAddresses } from "./sockaddr/template.ts";

export interface Addresses {
  readonly bindAddr: string;
  readonly advertiseAddr: string;
  readonly advertiseAddrWan: string;
  readonly clientAddrs: readonly string[];
  readonly httpListen: readonly string[];
  readonly httpsListen: readonly string[];
  readonly dnsListen: readonly string[];
  readonly taggedAddresses: Readonly<Record<string, string>>;
}

export function readPorts(from: Reader): Ports {
  const port = (name: string): number => {
    const value = from.number(`ports.${name}`, -1);
    if (value > 65_535) from.errors.push(`ports.${name}: invalid port: ${value}`);
    return value <= 0 ? -1 : value;
  };
  for (const range of ["proxy", "sidecar", "expose"]) for (const end of ["min", "max"]) port(`${range}_${end}_port`);
  return {
    server: port("server"),
    http: port("http"),
    https: port("https"),
    dns: port("dns"),
    grpc: port("grpc"),
    serfLan: port("serf_lan"),
    serfWan: port("serf_wan"),
  };
}

/** Settles every address: templates filled in, names refused, defaults derived. Throws `ConfigError`; gathers the rest in `from`. */
export function readAddresses(from: Reader, ports: Ports, interfaces: ListInterfaces): Addresses {
  const bindAddr = bindAddress(from, interfaces);
  const clientAddrs = from.has("client_addr") ? expand(from, "client_addr", interfaces) : [];
  if (clientAddrs.some((address) => address.startsWith("unix://"))) from.errors.push("client_addr cannot be a unix socket");
  const advertiseAddr = advertiseAddress(from, bindAddr, interfaces);
  const advertiseAddrWan = advertiseWan(from, advertiseAddr, interfaces);
  if (from.string("addresses.dns").includes("unix://")) throw new ConfigError("DNS address cannot be a unix socket");
  if (from.has("addresses.grpc")) expand(from, "addresses.grpc", interfaces);
  return {
    bindAddr,
    clientAddrs,
    advertiseAddr,
    advertiseAddrWan,
    httpListen: listenOn(from, { key: "addresses.http", others: clientAddrs, port: ports.http, interfaces }),
    httpsListen: listenOn(from, { key: "addresses.https", others: clientAddrs, port: ports.https, interfaces }),
    dnsListen: listenOn(from, { key: "addresses.dns", others: clientAddrs, port: ports.dns, interfaces }),
    taggedAddresses: tagged(from, advertiseAddr, advertiseAddrWan),
  };
}

function bindAddress(from: Reader, interfaces: ListInterfaces): string {
  const found = expandTemplate(from, "bind_addr", interfaces)
    .split(/\s+/)
    .filter((part) => part !== "");
  if (found.length > 1) throw new ConfigError("bind_addr cannot contain multiple addresses. Use 'addresses.{dns,http,https}' instead.");
  const [address = ""] = found;
  if (address.startsWith("unix://")) throw new ConfigError("bind_addr cannot be a unix socket");
  if (ipFamily(address) === undefined) {
    const said = from.string("bind_addr");
    throw new ConfigError(
      `bind_addr cannot be empty${said === "" || said === address ? "" : `: ${JSON.stringify(said)} gives no address`}${address === "" ? "" : `: ${JSON.stringify(address)} is no IP`}`,
    );
  }
  return bare(address);
}

function advertiseAddress(from: Reader, bindAddr: string, interfaces: ListInterfaces): string {
  const byFamily = [4, 6].map((family) => singleAddress(from, `advertise_addr_ipv${family}`, interfaces));
  const given = singleAddress(from, "advertise_addr", interfaces) ?? byFamily[bindAddr.includes(":") ? 1 : 0];
  if (given !== undefined) {
    if (isAnyAddress(given)) throw new ConfigError("Advertise address cannot be 0.0.0.0, :: or [::]");
    return given;
  }
  if (!isAnyAddress(bindAddr)) return bindAddr;
  return detected(bindAddr, interfaces);
}

function advertiseWan(from: Reader, lan: string, interfaces: ListInterfaces): string {
  const byFamily = [4, 6].map((family) => singleAddress(from, `advertise_addr_wan_ipv${family}`, interfaces));
  const given = singleAddress(from, "advertise_addr_wan", interfaces) ?? byFamily[lan.includes(":") ? 1 : 0];
  if (given !== undefined && isAnyAddress(given)) throw new ConfigError("Advertise WAN address cannot be 0.0.0.0, :: or [::]");
  return given ?? lan;
}

function detected(bindAddr: string, interfaces: ListInterfaces): string {
  if (bindAddr === "0.0.0.0") {
    const found = privateAddresses(interfaces);
    const [first, second] = found;
    if (first === undefined) throw new ConfigError("No private IPv4 address found: please configure one with 'bind' and/or 'advertise'");
    if (second !== undefined) throw new ConfigError(severalAddresses(found));
    return first.address;
  }
  const found = fillAddress('{{ GetPublicInterfaces | include "type" "IPv6" | limit 1 | attr "address" }}', interfaces);
  if (found === "") throw new ConfigError("No public IPv6 address found: please configure one with 'bind' and/or 'advertise'");
  return found;
}

/** Which addresses there are, and what to write for each: whoever reads this need not look for more. */
function severalAddresses(found: readonly NetInterface[]): string {
  const lines = found.slice(0, ADDRESSES_SHOWN_MAX).map(({ name, address }) => {
    const alone = found.filter((other) => other.name === name).length === 1;
    return `  ${address} (${name}): -bind=${alone ? `'{{ GetInterfaceIP "${name}" }}'` : address}`;
  });
  const more = found.length > lines.length ? [`  and ${found.length - lines.length} more`] : [];
  return [
    "Multiple private IPv4 addresses found. Please configure one with 'bind' and/or 'advertise'.",
    "They are, with what to write for each (-advertise takes the same, and leaves the agent listening on all of them):",
    ...lines,
    ...more,
  ].join("\n");
}

/** One IP of a setting, templates filled in; `undefined` when it is not set. */
export function singleAddress(from: Reader, key: string, interfaces: ListInterfaces): string | undefined {
  if (!from.has(key)) return undefined;
  const [first, ...more] = expandTemplate(from, key, interfaces)
    .split(/\s+/)
    .filter((part) => part !== "");
  if (first === undefined) return undefined;
  const wrong = [first, ...more].find((part) => ipFamily(part) === undefined);
  if (wrong?.startsWith("unix://") === true) from.errors.push(`${key} cannot be a unix socket`);
  else if (wrong !== undefined) from.errors.push(`${key}: invalid ip address: ${wrong}`);
  else if (more.length > 0) from.errors.push(`${key}: multiple addresses found: ${[first, ...more].join(" ")}`);
  else return bare(first);
  return undefined;
}

function listenOn(
  from: Reader,
  { key, others, port, interfaces }: { readonly key: string; readonly others: readonly string[]; readonly port: number; readonly interfaces: ListInterfaces },
): readonly string[] {
  const own = from.has(key) ? expand(from, key, interfaces) : others;
  return own.flatMap((address) => (address.startsWith("unix://") ? [address] : port > 0 ? [joinHostPort(address, port)] : []));
}

function expand(from: Reader, key: string, interfaces: ListInterfaces): readonly string[] {
  const parts = expandTemplate(from, key, interfaces)
    .split(/\s+/)
    .filter((part) => part !== "");
  const wrong = parts.find((part) => !part.startsWith("unix://") && ipFamily(part) === undefined);
  if (wrong !== undefined) from.errors.push(`${key}: invalid ip address: ${wrong}`);
  return wrong === undefined ? parts.map((part) => (part.startsWith("unix://") ? part : bare(part))) : [];
}

function expandTemplate(from: Reader, key: string, interfaces: ListInterfaces): string {
  try {
    return fillAddress(from.string(key), interfaces);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    from.errors.push(`${key}: ${error.message}`);
    return "127.0.0.1"; // never used: the error above ends the start
  }
}

function tagged(from: Reader, lan: string, wan: string): Readonly<Record<string, string>> {
  const tags: Record<string, string> = { ...from.stringMap("tagged_addresses"), lan, wan };
  tags[`lan_ipv${lan.includes(":") ? 6 : 4}`] = lan;
  tags[`wan_ipv${wan.includes(":") ? 6 : 4}`] = wan;
  return tags;
}
