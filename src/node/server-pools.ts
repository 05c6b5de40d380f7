import { askKeys, sendThroughPool } from "../agent/index.ts";
import { messageOf } from "../base/errors.ts";
import type { KeyringAnswer, RequestOf } from "../model/index.ts";
import type { PoolsPort } from "../server/index.ts";
import type { Datacenters } from "./datacenters.ts";
import type { Pools } from "./options.ts";

/** What the pools do for a server's endpoints. */
export function serverPools(pools: Pools, datacenters: Datacenters, datacenter: string): PoolsPort {
  const own = async (request: KeyringRequest): Promise<readonly KeyringAnswer[]> => {
    const lan = askKeys(pools.lan, { ...request, wan: false, datacenter });
    const wan = request.localOnly || pools.wan === undefined ? [] : [askKeys(pools.wan, { ...request, wan: true, datacenter })];
    return Promise.all([...wan, lan]);
  };
  const elsewhere = async (name: string, request: KeyringRequest): Promise<readonly KeyringAnswer[]> => {
    try {
      return await datacenters.of(name).call("Operator.Keyring", { ...request, localOnly: true, options: { datacenter: name, token: "" } });
    } catch (error) {
      return [{ wan: false, datacenter: name, segment: "", messages: {}, keys: {}, primaryKeys: {}, nodes: 0, error: messageOf(error) }];
    }
  };
  return {
    fireEvent: (name, payload) => sendThroughPool(pools.lan, name, payload),
    async keyring(request) {
      const others = request.localOnly ? [] : datacenters.names().filter((name) => name !== datacenter);
      return (await Promise.all([own(request), ...others.map((name) => elsewhere(name, request))])).flat();
    },
    datacenters: () => datacenters.names(),
    datacenterCoordinates: () => datacenters.coordinates(),
  };
}

type KeyringRequest = Pick<RequestOf<"Operator.Keyring">, "operation" | "key" | "relayFactor" | "localOnly">;
