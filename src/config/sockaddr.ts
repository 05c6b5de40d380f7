import { ConfigError } from "./decode.ts";
import type { ListInterfaces, NetInterface } from "./interfaces.ts";
import { inNetwork, ipBits } from "./ip.ts";

/** Networks that are nobody's on the internet: RFC 1918, RFC 6598 and unique local IPv6 (RFC 4193). */
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];
/** Not forwarded by routers: loopback, link-local, unspecified, multicast. RFC 6890. */
const NOT_FORWARDED = ["127.0.0.0/8", "169.254.0.0/16", "0.0.0.0/8", "224.0.0.0/4", "::1/128", "fe80::/10", "::/128", "ff00::/8"];

/** Every IPv4 network of RFC 6890 that is not global. */
const NOT_PUBLIC = [
  ...["10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24"],
  ...["192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"],
];

type Value = readonly NetInterface[] | string;

/**
 * Fills in `{{ … }}` in an address, as HashiCorp's go-sockaddr does: GetPrivateIP(s), GetPublicIP(s), GetInterfaceIP(s) "name",
 * and Get{All,Default,Private,Public}Interfaces through `include`, `exclude`, `sort`, `limit`, `offset`, `attr` and `join`.
 * Text without braces stays as it is. Throws `ConfigError` for a template it cannot read.
 */
export function fillAddress(text: string, interfaces: ListInterfaces): string {
  return text.replace(/\{\{-?(.*?)-?\}\}/gs, (_, inner: string) => asText(pipeline(inner, text, interfaces))).trim();
}

/** The IPv4 addresses of this machine that an agent may advertise unasked: those that are nobody's on the internet (RFC 6890), loopback aside. */
export function privateIps(interfaces: ListInterfaces): readonly string[] {
  return ipsOf(interfaces().filter((one) => one.family === 4 && !one.loopback && NOT_PUBLIC.some((cidr) => inNetwork(one.address, cidr))));
}

function pipeline(inner: string, whole: string, interfaces: ListInterfaces): Value {
  let value: Value | undefined;
  for (const step of splitPipes(inner)) {
    const [name = "", ...args] = words(step, whole);
    value = value === undefined ? source(name, args, { whole, interfaces }) : filter(value, name, args, whole);
  }
  return value ?? "";
}

interface Place {
  readonly whole: string;
  readonly interfaces: ListInterfaces;
}

function source(name: string, args: readonly string[], { whole, interfaces }: Place): Value {
  const all = interfaces();
  switch (name) {
    case "GetPrivateIP":
      return ipsOf(defaults(all).filter((one) => one.family === 4 && isPrivate(one)))[0] ?? "";
    case "GetPrivateIPs":
      return ipsOf(all.filter(isPrivate)).join(" ");
    case "GetPublicIP":
      return ipsOf(defaults(all).filter((one) => one.family === 4 && isPublic(one)))[0] ?? "";
    case "GetPublicIPs":
      return ipsOf(all.filter(isPublic)).join(" ");
    case "GetInterfaceIP":
      return ipsOf(all.filter((one) => one.name === args[0]).sort((a, b) => a.family - b.family))[0] ?? "";
    case "GetInterfaceIPs":
      return ipsOf(all.filter((one) => one.name === args[0])).join(" ");
    case "GetAllInterfaces":
      return all;
    case "GetDefaultInterfaces":
      return defaults(all);
    case "GetPrivateInterfaces":
      return defaults(all).filter(isPrivate);
    case "GetPublicInterfaces":
      return defaults(all).filter(isPublic);
    default:
      throw unknownFunction(name, whole);
  }
}

function filter(value: Value, name: string, args: readonly string[], whole: string): Value {
  if (typeof value === "string") throw templateError(whole, `${name} cannot take a text`);
  const [first = "", second = ""] = args;
  switch (name) {
    case "include":
      return value.filter(chooser(first, second, whole));
    case "exclude": {
      const chosen = chooser(first, second, whole);
      return value.filter((one) => !chosen(one));
    }
    case "limit":
      return value.slice(0, wholeNumber(first, whole));
    case "offset":
      return value.slice(wholeNumber(first, whole));
    case "sort":
      return sorted(value, first, whole);
    case "attr":
      return value[0] === undefined ? "" : attribute(value[0], first, whole);
    case "join":
      return value.map((one) => attribute(one, first, whole)).join(second);
    default:
      throw unknownFunction(name, whole);
  }
}

function chooser(by: string, text: string, whole: string): (one: NetInterface) => boolean {
  switch (by) {
    case "name":
      return (one) => pattern(text, whole).test(one.name);
    case "address":
      return (one) => pattern(text, whole).test(one.address);
    case "network":
      return (one) => text.split("|").some((cidr) => inNetwork(one.address, cidr));
    case "type":
      return (one) =>
        text
          .toLowerCase()
          .split("|")
          .some((type) => type === "ip" || type === `ipv${one.family}`);
    case "flag":
    case "flags":
      return (one) =>
        text
          .toLowerCase()
          .split("|")
          .every((flag) => hasFlag(one, flag));
    case "rfc":
      return (one) => text.split("|").some((rfc) => (rfc === "1918" || rfc === "6598" || rfc === "4193" ? isPrivate(one) : rfc === "6890" && !isPublic(one)));
    default:
      throw templateError(whole, `include and exclude know no "${by}"`);
  }
}

function hasFlag(one: NetInterface, flag: string): boolean {
  if (flag === "up" || flag === "broadcast" || flag === "multicast") return flag === "up" || !one.loopback;
  if (flag === "loopback") return one.loopback;
  return flag === "forwardable" && !NOT_FORWARDED.some((cidr) => inNetwork(one.address, cidr));
}

function sorted(value: readonly NetInterface[], by: string, whole: string): readonly NetInterface[] {
  const orders = by.split(",").map((part) => {
    const key = part.replace(/^[+-]/, "").trim();
    const sign = part.startsWith("-") ? -1 : 1;
    return (a: NetInterface, b: NetInterface) => sign * compare(attribute(a, key, whole), attribute(b, key, whole));
  });
  return [...value].sort((a, b) => orders.reduce((result, order) => (result === 0 ? order(a, b) : result), 0));
}

function compare(a: string, b: string): number {
  const [left, right] = [ipBits(a), ipBits(b)];
  if (left !== undefined && right !== undefined) return left < right ? -1 : left > right ? 1 : 0;
  const numbers = Number(a) - Number(b);
  if (!Number.isNaN(numbers)) return numbers;
  return a < b ? -1 : a > b ? 1 : 0;
}

function attribute(one: NetInterface, name: string, whole: string): string {
  switch (name) {
    case "address":
      return one.address;
    case "name":
      return one.name;
    case "network":
      return `${one.address}/${one.prefixLength}`;
    case "size":
      return String((one.family === 4 ? 32 : 128) - one.prefixLength);
    case "type":
      return `IPv${one.family}`;
    case "default":
      return one.defaultRoute ? "0" : "1";
    default:
      throw templateError(whole, `an address has no "${name}"`);
  }
}

function defaults(all: readonly NetInterface[]): readonly NetInterface[] {
  const routed = all.filter((one) => one.defaultRoute);
  return routed.length > 0 ? routed : all.filter((one) => !one.loopback);
}

function isPrivate(one: NetInterface): boolean {
  return PRIVATE.some((cidr) => inNetwork(one.address, cidr));
}

function isPublic(one: NetInterface): boolean {
  return !isPrivate(one) && !NOT_FORWARDED.some((cidr) => inNetwork(one.address, cidr));
}

function ipsOf(list: readonly NetInterface[]): readonly string[] {
  return list.map((one) => one.address);
}

function asText(value: Value): string {
  return typeof value === "string" ? value : ipsOf(value).join(" ");
}

function splitPipes(inner: string): readonly string[] {
  return (inner.match(/(?:"(?:\\.|[^"\\])*"|`[^`]*`|[^|"`])+/g) ?? []).map((part) => part.trim());
}

function words(step: string, whole: string): readonly string[] {
  const found = step.match(/"(?:\\.|[^"\\])*"|`[^`]*`|[^\s"`]+/g);
  if (found === null) throw templateError(whole, "an empty step");
  return found.map((word) => (word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, "$1") : word.replace(/^`|`$/g, "")));
}

function pattern(text: string, whole: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new ConfigError(`unable to parse template ${JSON.stringify(whole)}: not a regular expression: ${text}`, { cause: error });
  }
}

function wholeNumber(text: string, whole: string): number {
  if (!/^\d+$/.test(text)) throw templateError(whole, `not a whole number: "${text}"`);
  return Number(text);
}

function unknownFunction(name: string, whole: string): ConfigError {
  return templateError(whole, `template: sockaddr.Parse:1: function "${name}" not defined`);
}

function templateError(whole: string, what: string): ConfigError {
  return new ConfigError(`error parsing ${JSON.stringify(whole)}: unable to parse template ${JSON.stringify(whole)}: ${what}`);
}
