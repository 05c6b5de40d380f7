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
  try {
    const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined; // not Linux: the system says so itself when it comes to that
  }
}

function listInterfaces(): readonly NetInterface[] {
  const routed = defaultRouteInterface();
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.map(({ address, family, cidr, internal }) => ({
      name,
      address,
      family: family === "IPv4" ? (4 as const) : (6 as const),
      prefixLength: Number(cidr?.split("/")[1] ?? (family === "IPv4" ? 32 : 128)),
      loopback: internal,
      defaultRoute: name === routed,
    })),
  );
}

/** The interface of the IPv4 default route; `undefined` when there is none or the system does not tell (other than Linux). */
function defaultRouteInterface(): string | undefined {
  try {
    const rows = readFileSync("/proc/net/route", "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.split("\t"));
    return rows.find(([, destination, , , , , , mask]) => destination === "00000000" && mask === "00000000")?.[0];
  } catch {
    return undefined; // not Linux: addresses are then chosen among all interfaces
  }
}
