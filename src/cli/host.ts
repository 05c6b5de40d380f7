import { readFileSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { hostname, networkInterfaces } from "node:os";
import type { ConfigFiles, Host, NetInterface } from "../config/index.ts";
import { fileError } from "./input.ts";

/** This machine, as far as a configuration asks. */
export const thisHost: Host = { hostName: hostname, interfaces: listInterfaces, openFilesMax };

/** Configuration files of this machine. */
export const diskFiles: ConfigFiles = {
  async kind(path) {
    try {
      return (await stat(path)).isDirectory() ? "folder" : "file";
    } catch (error) {
      if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return "none";
      throw fileError(error, "stat", path);
    }
  },
  read: (path) =>
    readFile(path).catch((error: unknown) => {
      throw fileError(error, "open", path);
    }),
  list: (path) =>
    readdir(path).catch((error: unknown) => {
      throw fileError(error, "open", path);
    }),
};

/** The limit of open files that this process was given; `undefined` on other systems than Linux. */
function openFilesMax(): number | undefined {
  const [, limit] = /^Max open files\s+(\d+)/m.exec(textOf("/proc/self/limits") ?? "") ?? [];
  return limit === undefined ? undefined : Number(limit);
}

function listInterfaces(): readonly NetInterface[] {
  const routed = defaultRouteInterface();
  const order = interfaceNames();
  const place = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return Object.entries(networkInterfaces())
    .map(([name, addresses = []]) => ({ name, addresses, place: place(name) }))
    .sort((a, b) => a.place - b.place)
    .flatMap(({ name, addresses }) =>
      addresses.map(({ address, family, cidr, internal }) => ({
        name,
        address,
        family: family === "IPv4" ? (4 as const) : (6 as const),
        prefixLength: Number(cidr?.split("/")[1] ?? (family === "IPv4" ? 32 : 128)),
        loopback: internal,
        defaultRoute: name === routed,
        ...flagsOf(name),
      })),
    );
}

/** Linux: if.h. */
const IFF_UP = 0x1;
const IFF_BROADCAST = 0x2;
const IFF_POINTOPOINT = 0x10;
const IFF_MULTICAST = 0x1000;

function flagsOf(name: string): Pick<NetInterface, "flags"> {
  const bits = Number(textOf(`/sys/class/net/${name}/flags`) ?? Number.NaN);
  if (Number.isNaN(bits)) return {};
  const has = (bit: number): boolean => (bits & bit) !== 0;
  return { flags: { up: has(IFF_UP), broadcast: has(IFF_BROADCAST), pointToPoint: has(IFF_POINTOPOINT), multicast: has(IFF_MULTICAST) } };
}

/** The interfaces in the order in which they came; empty where the system does not tell. */
function interfaceNames(): readonly string[] {
  return [...(textOf("/proc/net/dev") ?? "").matchAll(/^\s*([^:\s]+):/gm)].flatMap(([, name]) => name ?? []);
}

/** A file of Linux's own; `undefined` on other systems, or when what it is about went away meanwhile. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // told by the result
  }
}

/** The interface of the IPv4 default route; `undefined` when there is none or the system does not tell (other than Linux): addresses are then chosen among all. */
function defaultRouteInterface(): string | undefined {
  const rows = (textOf("/proc/net/route") ?? "")
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"));
  return rows.find(([, destination, , , , , , mask]) => destination === "00000000" && mask === "00000000")?.[0];
}
