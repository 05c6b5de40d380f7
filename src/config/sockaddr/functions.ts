import type { NetInterface } from "../interfaces.ts";
import { attribute, moved, TemplateFault } from "./address.ts";
import { type Addresses, chooser, ofInterface, onDefaultRoute, reachable, sorted, unique } from "./lists.ts";
import { isForwardable } from "./networks.ts";

export type Value = string | number | boolean | NetInterface | Addresses;
type Call = (args: readonly Value[], all: Addresses) => Value;

export function isAddresses(value: Value): value is Addresses {
  return Array.isArray(value);
}

/** A function without arguments. */
function source(run: (all: Addresses) => Value): Call {
  return (args, all) => {
    count(args, 0);
    return run(all);
  };
}

/** A function of texts and, last, a list. */
function onList(texts: number, run: (list: Addresses, first: string, second: string) => Value): Call {
  return (args) => {
    count(args, texts + 1);
    const list = args[texts] ?? "";
    if (!isAddresses(list)) throw new TemplateFault(`wrong type for value; expected a list of addresses; got ${typeof list}`);
    return run(list, texts > 0 ? text(args[0]) : "", texts > 1 ? text(args[1]) : "");
  };
}

function onNumber(run: (list: Addresses, by: number) => Addresses): Call {
  return (args) => {
    count(args, 2);
    const [by, list = ""] = args;
    const number = typeof by === "string" && /^-?\d+$/.test(by) ? Number(by) : by;
    if (typeof number !== "number") throw new TemplateFault(`expected integer; found ${JSON.stringify(by)}`);
    if (!isAddresses(list)) throw new TemplateFault(`wrong type for value; expected a list of addresses; got ${typeof list}`);
    return run(list, number);
  };
}

function named(run: (all: Addresses, name: string) => Value): Call {
  return (args, all) => {
    count(args, 1);
    return run(all, text(args[0]));
  };
}

function count(args: readonly Value[], wanted: number): void {
  if (args.length !== wanted) throw new TemplateFault(`wrong number of args: want ${wanted} got ${args.length}`);
}

function text(value: Value | undefined): string {
  if (typeof value !== "string") throw new TemplateFault(`expected string; found ${String(value)}`);
  return value;
}

function attr(args: readonly Value[]): Value {
  count(args, 2);
  const [name, of = ""] = args;
  const one = isAddresses(of) ? of[0] : of;
  if (one === undefined) return "";
  if (typeof one !== "object") throw new TemplateFault(`unable to obtain attribute ${String(name)} from type ${typeof one} (${String(one)})`);
  return attribute(one, text(name).toLowerCase());
}

function limited(list: Addresses, most: number): Addresses {
  if (most < 0) throw new TemplateFault(`expected unsigned integer; found ${most}`);
  return list.slice(0, most);
}

function offset(list: Addresses, by: number): Addresses {
  if (Math.abs(by) > list.length)
    throw new TemplateFault(`unable to seek past the end of the interface array: offset (${Math.abs(by)}) exceeds the number of interfaces (${list.length})`);
  return by < 0 ? list.slice(list.length + by) : list.slice(by);
}

const first = (list: Addresses): string => list[0]?.address ?? "";
const all = (list: Addresses): string => list.map(({ address }) => address).join(" ");
/** Not of the default route alone, and of one RFC or of none. */
const anywhere = (list: Addresses, isPrivate: boolean): Addresses =>
  list.filter((one) => chooser("flags", "forwardable")(one) && chooser("rfc", "6890")(one) === isPrivate);
const truth = (value: Value | undefined): boolean => (value !== undefined && isAddresses(value) ? value.length > 0 : Boolean(value));

/** What a template may call: go-sockaddr's functions by the names that its documentation gives them, and the few of Go's own that make sense here. */
export const FUNCTIONS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ["GetAllInterfaces", source((list) => list)],
  ["GetDefaultInterfaces", source(onDefaultRoute)],
  ["GetPrivateInterfaces", source((list) => reachable(list, "private"))],
  ["GetPublicInterfaces", source((list) => reachable(list, "public"))],
  ["GetPrivateIP", source((list) => first(reachable(list, "private")))],
  ["GetPublicIP", source((list) => first(reachable(list, "public")))],
  ["GetPrivateIPs", source((list) => all(sorted(anywhere(list, true), "type,size")))],
  ["GetPublicIPs", source((list) => all(sorted(anywhere(list, false), "type,size")))],
  ["GetInterfaceIP", named((list, name) => first(ofInterface(list, name).filter(({ address }) => isForwardable(address))))],
  ["GetInterfaceIPs", named((list, name) => all(ofInterface(list, name)))],
  ["include", onList(2, (list, by, wanted) => list.filter(chooser(by, wanted)))],
  ["exclude", onList(2, (list, by, unwanted) => list.filter((one) => !chooser(by, unwanted)(one)))],
  ["sort", onList(1, sorted)],
  ["unique", onList(1, unique)],
  ["join", onList(2, (list, name, between) => list.map((one) => attribute(one, name.toLowerCase())).join(between))],
  ["math", onList(2, (list, operation, value) => list.map((one) => moved(one, operation, value)))],
  ["limit", onNumber(limited)],
  ["offset", onNumber(offset)],
  ["attr", attr],
  ["Attr", attr],
  ["index", ([of, at]) => (of !== undefined && isAddresses(of) && typeof at === "number" ? (of[at] ?? "") : "")],
  ["len", ([of]) => (of !== undefined && (isAddresses(of) || typeof of === "string") ? of.length : 0)],
  ["eq", ([one, ...others]) => others.some((other) => other === one)],
  ["ne", ([one, other]) => one !== other],
  ["not", ([one]) => !truth(one)],
  ["and", (args) => args.find((one) => !truth(one)) ?? args.at(-1) ?? ""],
  ["or", (args) => args.find(truth) ?? args.at(-1) ?? ""],
  ["print", (args) => args.join("")],
  ["printf", ([format, ...args]) => text(format).replace(/%[sdvq]/g, (verb) => (verb === "%q" ? JSON.stringify(args.shift()) : String(args.shift())))],
]);
