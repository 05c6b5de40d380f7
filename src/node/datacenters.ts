import { KvorumError } from "../base/errors.ts";
import { distanceSeconds, parseServerTags, type ServerInfo } from "../gossip/index.ts";
import type { Backend, DatacenterCoordinates } from "../model/index.ts";
import { formatAddress } from "../platform/index.ts";
import type { DatacentersPort } from "../server/index.ts";
import type { Pools } from "./options.ts";
import { RemoteBackend, type RemoteBackendOptions } from "./remote-backend.ts";
import { ServerList } from "./server-list.ts";

type Parts = Pick<RemoteBackendOptions, "rpc" | "platform" | "holdMs" | "defaultWaitMs"> & { readonly pools: Pools; readonly datacenter: string };

/** The datacenters that the WAN pool knows, and their servers. */
export class Datacenters implements DatacentersPort {
  readonly #with: Parts;
  readonly #backends = new Map<string, { readonly servers: ServerList; readonly backend: Backend }>();

  constructor(parts: Parts) {
    this.#with = parts;
  }

  of(datacenter: string): Backend {
    const servers = this.#servers().filter((server) => server.datacenter === datacenter && server.status === "alive");
    if (servers.length === 0) throw noPath();
    const known = this.#backends.get(datacenter) ?? this.#newBackend(datacenter);
    this.#backends.set(datacenter, known);
    known.servers.update(servers.map(({ name, ip, port }) => ({ name, address: formatAddress(ip, port) })));
    return known.backend;
  }

  /** Nearest first; those of which nothing is known come last, in order of name. Consul api-docs, catalog: list datacenters. */
  names(): readonly string[] {
    const { pools, datacenter } = this.#with;
    const own = pools.wan?.coordinate();
    const distances = new Map<string, number[]>([[datacenter, [0]]]);
    for (const server of this.#servers()) {
      if (server.status === "left") continue;
      const there = pools.wan?.coordinate(server.name);
      const distance = own === undefined || there === undefined ? Number.POSITIVE_INFINITY : distanceSeconds(own, there);
      if (server.datacenter !== datacenter) distances.set(server.datacenter, [...(distances.get(server.datacenter) ?? []), distance]);
    }
    const ordered = [...distances].map(([name, all]) => ({ name, distance: median(all) }));
    return ordered.sort((a, b) => (a.distance === b.distance ? (a.name < b.name ? -1 : 1) : a.distance - b.distance)).map(({ name }) => name);
  }

  /** Consul api-docs, coordinate: read WAN coordinates. */
  coordinates(): readonly DatacenterCoordinates[] {
    const found = new Map<string, DatacenterCoordinates["coordinates"][number][]>();
    for (const { name, datacenter } of this.#servers()) {
      const coord = this.#with.pools.wan?.coordinate(name);
      const there = found.get(datacenter) ?? [];
      if (coord !== undefined) there.push({ node: name.endsWith(`.${datacenter}`) ? name.slice(0, -datacenter.length - 1) : name, segment: "", coord });
      found.set(datacenter, there);
    }
    return [...found].map(([datacenter, coordinates]) => ({ datacenter, areaId: "wan", coordinates }));
  }

  #servers(): readonly ServerInfo[] {
    return (this.#with.pools.wan?.members() ?? []).flatMap((member) => parseServerTags(member) ?? []);
  }

  #newBackend(datacenter: string): { readonly servers: ServerList; readonly backend: Backend } {
    const servers = new ServerList(this.#with.platform.random);
    return { servers, backend: new RemoteBackend({ ...this.#with, datacenter, servers, nobody: noPath }) };
  }
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.POSITIVE_INFINITY;
}

function noPath(): KvorumError {
  return new KvorumError("unknown-datacenter", "No path to datacenter");
}
