import type { NetInterface } from "../interfaces.ts";
import { inNetwork, ipBits, parseCidr } from "../ip.ts";
import { attribute, flagsOf, sizeOf, TemplateFault, textOf } from "./address.ts";
import { inRfc, isForwardable, isSpecial } from "./networks.ts";

export type Addresses = readonly NetInterface[];
type Test = (one: NetInterface) => boolean;

/** Those on the interface of the default route; all but the loopback's where none is known. */
export function onDefaultRoute(all: Addresses): Addresses {
  const routed = all.filter((one) => one.defaultRoute);
  return routed.length > 0 ? routed : all.filter((one) => !one.loopback);
}

/** Addresses that others can reach, of interfaces that are up: those of the default route first, IPv4 first, large networks first. */
export function reachable(all: Addresses, which: "private" | "public"): Addresses {
  const usable = all.filter((one) => isForwardable(one.address) && flagsOf(one).up);
  return sorted(usable, "default,type,size").filter((one) => isSpecial(one.address) === (which === "private"));
}

/**
 * The addresses of the interface of this name, or else of those whose names match it as a pattern, as `GetInterfaceIP` orders them. To
 * go-sockaddr it is a pattern always, and `eth0` may then be the address of `veth0`.
 */
export function ofInterface(all: Addresses, name: string): Addresses {
  const exact = all.filter((one) => one.name === name);
  const meant = exact.length > 0 ? exact : all.filter(chooser("name", name));
  return sorted(meant, "type,size");
}

/** What `include` takes. Throws `TemplateFault` for a selector or a parameter that is none. */
export function chooser(by: string, text: string): Test {
  switch (by.toLowerCase()) {
    case "name":
      return matching(text, ({ name }) => name);
    case "address":
      return matching(text, textOf);
    case "port":
      return matching(text, () => "0");
    case "network":
      return anyOf(text, inside);
    case "type":
      return anyOf(text.toLowerCase(), ofType);
    case "flag":
    case "flags":
      return withFlags(text.toLowerCase().split("|"));
    case "rfc":
    case "rfcs":
      return anyOf(text, ofRfc);
    case "size": {
      if (!/^\d{1,3}$/.test(text)) throw new TemplateFault(`invalid size argument (${JSON.stringify(text)})`);
      return ({ prefixLength }) => prefixLength === Number(text);
    }
    default:
      throw new TemplateFault(`invalid selector ${JSON.stringify(by)}`);
  }
}

function anyOf(text: string, each: (part: string) => Test): Test {
  const tests = text.split("|").map(each);
  return (one) => tests.some((test) => test(one));
}

function matching(text: string, of: (one: NetInterface) => string): Test {
  try {
    const pattern = new RegExp(text);
    return (one) => pattern.test(of(one));
  } catch {
    throw new TemplateFault(`unable to compile regexp ${JSON.stringify(text)}: not a regular expression`);
  }
}

function inside(cidr: string): Test {
  if (parseCidr(cidr) === undefined && ipBits(cidr) === undefined) throw new TemplateFault(`unable to create an IP address from ${JSON.stringify(cidr)}`);
  return ({ address }) => (cidr.includes("/") ? inNetwork(address, cidr) : ipBits(address) === ipBits(cidr));
}

function ofType(type: string): Test {
  if (!["ip", "ipv4", "ipv6", "unix"].includes(type)) throw new TemplateFault(`unsupported type ${JSON.stringify(type)}`);
  return ({ family }) => type === "ip" || type === `ipv${family}`;
}

function ofRfc(text: string): Test {
  const rfc = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (inRfc("127.0.0.1", rfc) === undefined) throw new TemplateFault(`unsupported RFC ${text}`);
  return ({ address }) => inRfc(address, rfc) === true;
}

/** Flags that the interface has, all of them, or that the address has, any of them: so go-sockaddr joins the two kinds. */
function withFlags(names: readonly string[]): Test {
  const flags = names.filter((name) => INTERFACE_FLAGS.has(name));
  const kinds = names.filter((name) => ADDRESS_KINDS.has(name));
  const unknown = names.find((name) => !INTERFACE_FLAGS.has(name) && !ADDRESS_KINDS.has(name));
  if (unknown !== undefined) throw new TemplateFault(`unknown interface flag: ${JSON.stringify(unknown)}`);
  return (one) =>
    (flags.length > 0 && flags.every((name) => INTERFACE_FLAGS.get(name)?.(one) === true)) ||
    kinds.some((name) => ADDRESS_KINDS.get(name)?.(one.address) === true);
}

const INTERFACE_FLAGS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ["up", (one) => flagsOf(one).up],
  ["down", (one) => !flagsOf(one).up],
  ["broadcast", (one) => flagsOf(one).broadcast],
  ["loopback", (one) => one.loopback],
  ["multicast", (one) => flagsOf(one).multicast],
  ["point-to-point", (one) => flagsOf(one).pointToPoint],
]);

const within =
  (...cidrs: readonly string[]) =>
  (address: string): boolean =>
    cidrs.some((cidr) => inNetwork(address, cidr));
const linkLocal = within("169.254.0.0/16", "fe80::/10");
const multicast = within("224.0.0.0/4", "ff00::/8");
const unspecified = within("0.0.0.0/32", "::/128");
const loopback = within("127.0.0.0/8", "::1/128");

const ADDRESS_KINDS: ReadonlyMap<string, (address: string) => boolean> = new Map([
  ["forwardable", isForwardable],
  ["global unicast", (address: string) => ![linkLocal, multicast, unspecified, loopback, within("255.255.255.255/32")].some((kind) => kind(address))],
  ["interface-local multicast", within("ff01::/16")],
  ["link-local multicast", within("224.0.0.0/24", "ff02::/16")],
  ["link-local unicast", linkLocal],
  ["unspecified", unspecified],
]);

type Order = (a: NetInterface, b: NetInterface) => number;

const ORDERS: Readonly<Record<string, Order>> = {
  address: (a, b) => a.family - b.family || compare(ipBits(a.address) ?? 0n, ipBits(b.address) ?? 0n),
  default: (a, b) => Number(b.defaultRoute) - Number(a.defaultRoute),
  name: (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  port: () => 0,
  private: (a, b) => Number(isSpecial(b.address)) - Number(isSpecial(a.address)),
  size: (a, b) => compare(sizeOf(b), sizeOf(a)),
  type: (a, b) => a.family - b.family,
};

/** In the order of `by`, such as `default,-type,+address`. Throws `TemplateFault` for an order that is none. */
export function sorted(list: Addresses, by: string): Addresses {
  const orders = by.split(",").map((part): Order => {
    const [, sign, name = ""] = /^([+-]?)(.*)$/s.exec(part.trim().toLowerCase()) ?? [];
    const order = Object.hasOwn(ORDERS, name) ? ORDERS[name] : undefined;
    if (order === undefined) throw new TemplateFault(`unknown sort type: ${JSON.stringify(part)}`);
    return sign === "-" ? (a, b) => order(b, a) : order;
  });
  return [...list].sort((a, b) => orders.reduce((result, order) => (result === 0 ? order(a, b) : result), 0));
}

/** Without those that repeat the one before them. */
export function unique(list: Addresses, by: string): Addresses {
  const name = by.toLowerCase();
  if (name !== "address" && name !== "name") throw new TemplateFault(`unsupported unique constraint ${JSON.stringify(by)}`);
  const of = (one: NetInterface): string => attribute(one, name === "address" ? "string" : name);
  return list.filter((one, at) => {
    const before = list[at - 1];
    return before === undefined || of(before) !== of(one);
  });
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
