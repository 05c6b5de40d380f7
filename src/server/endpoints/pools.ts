import { KvorumError } from "../../base/errors.ts";
import type { RequestOf } from "../../model/index.ts";
import type { ServerContext } from "../context.ts";
import type { PoolsPort } from "../ports.ts";

/** Consul api-docs, event: fire. */
export function fireEvent({ pools }: ServerContext, { name, payload }: RequestOf<"Event.Fire">): void {
  pools.fireEvent(name, payload);
}

/** A server that is in no pool: alone, or in a test of the server itself. */
export function noPools(datacenter: string): PoolsPort {
  return {
    fireEvent() {
      throw new KvorumError("unavailable", "This server is in no gossip pool");
    },
    async keyring() {
      throw new KvorumError("unavailable", "This server is in no gossip pool");
    },
    datacenters: () => [datacenter],
    datacenterCoordinates: () => [],
  };
}
