import { type ConfigFiles, type FlagValues, loadConfig, type NetInterface, type RuntimeConfig } from "../../src/config/index.ts";

/** One private address, as most machines have. */
export const ONE_INTERFACE: readonly NetInterface[] = [
  { name: "lo", address: "127.0.0.1", family: 4, prefixLength: 8, loopback: true, defaultRoute: false },
  { name: "lo", address: "::1", family: 6, prefixLength: 128, loopback: true, defaultRoute: false },
  { name: "eth0", address: "10.1.2.3", family: 4, prefixLength: 24, loopback: false, defaultRoute: true },
  { name: "eth0", address: "fe80::1", family: 6, prefixLength: 64, loopback: false, defaultRoute: true },
];

/** Files in memory; a name that ends in a slash is a folder. */
export function filesOf(contents: Readonly<Record<string, string>>): ConfigFiles {
  const inFolder = (path: string): string => `${path.replace(/\/$/, "")}/`;
  return {
    async kind(path) {
      if (contents[path] !== undefined) return "file";
      return Object.keys(contents).some((name) => name.startsWith(inFolder(path))) ? "folder" : "none";
    },
    read: async (path) => Buffer.from(contents[path] ?? ""),
    list: async (path) =>
      Object.keys(contents)
        .filter((name) => name.startsWith(inFolder(path)))
        .map((name) => name.slice(inFolder(path).length)),
  };
}

export interface Given {
  readonly flags?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly interfaces?: readonly NetInterface[];
}

/** Loads a configuration on a machine named `host1`. */
export function load({ flags = {}, files = {}, interfaces = ONE_INTERFACE }: Given): Promise<RuntimeConfig> {
  const values: FlagValues = new Map(Object.entries(flags));
  return loadConfig({ flags: values, files: filesOf(files), host: { hostName: () => "host1", interfaces: () => interfaces } });
}

/** Loads one JSON file of a server with a data directory and these settings besides. */
export function server(settings: Readonly<Record<string, unknown>>, interfaces?: readonly NetInterface[]): Promise<RuntimeConfig> {
  const text = JSON.stringify({ data_dir: "/d", server: true, ...settings });
  return load({ flags: { "config-file": ["c.json"] }, files: { "c.json": text }, ...(interfaces === undefined ? {} : { interfaces }) });
}
