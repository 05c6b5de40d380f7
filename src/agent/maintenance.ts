import { KvorumError } from "../base/errors.ts";
import { goQuote } from "../base/go-quote.ts";
import type { LocalCheck, LocalService } from "../model/index.ts";
import type { Keeping } from "./keeping.ts";
import type { LocalState } from "./local-state.ts";

const NODE_MAINTENANCE_ID = "_node_maintenance";
const SERVICE_MAINTENANCE = "_service_maintenance:";

function serviceMaintenanceId(serviceId: string): string {
  return `${SERVICE_MAINTENANCE}${serviceId}`;
}

export function isMaintenance(checkId: string): boolean {
  return checkId === NODE_MAINTENANCE_ID || checkId.startsWith(SERVICE_MAINTENANCE);
}

/** The critical check that takes a node or one service (`service`) out of use. Ids, names and texts are Consul's. */
function maintenanceCheck(node: string, reason: string, service: LocalService | undefined): LocalCheck {
  const what = service === undefined ? "node" : "service";
  return {
    node,
    checkId: service === undefined ? NODE_MAINTENANCE_ID : serviceMaintenanceId(service.id),
    name: service === undefined ? "Node Maintenance Mode" : "Service Maintenance Mode",
    status: "critical",
    notes: reason === "" ? `Maintenance mode is enabled for this ${what}, but no reason was provided. This is a default message.` : reason,
    output: "",
    serviceId: service?.id ?? "",
    serviceName: service?.service ?? "",
    serviceTags: service?.tags ?? [],
    type: "maintenance",
    definition: undefined,
  };
}

export interface MaintenanceWish {
  readonly enable: boolean;
  /** Empty: Consul's standard text. */
  readonly reason: string;
  readonly token: string;
}

export interface MaintenanceParts {
  readonly nodeName: string;
  readonly local: LocalState;
  readonly keeping: Keeping;
  /** Milliseconds since 1970. */
  readonly wall: () => number;
}

/** Puts the node or its services into maintenance, and out of it; it outlives restarts. Consul api-docs, agent: enable maintenance mode. */
export class Maintenance {
  readonly #with: MaintenanceParts;

  constructor(parts: MaintenanceParts) {
    this.#with = parts;
  }

  /** Throws `not-found` when there is no such service. */
  async service(id: string, wish: MaintenanceWish): Promise<void> {
    const service = this.#with.local.service(id);
    if (service === undefined) throw new KvorumError("not-found", `No service registered with ID ${goQuote(id)}`);
    await this.#change(serviceMaintenanceId(id), service, wish);
  }

  async node(wish: MaintenanceWish): Promise<void> {
    await this.#change(NODE_MAINTENANCE_ID, undefined, wish);
  }

  async restore(kept: { readonly serviceId: string; readonly reason: string; readonly token: string; readonly at: number }): Promise<void> {
    const { local, keeping, nodeName } = this.#with;
    const service = local.service(kept.serviceId);
    if (kept.serviceId !== "" && service === undefined) await keeping.forgetCheck(serviceMaintenanceId(kept.serviceId));
    else local.setCheck(maintenanceCheck(nodeName, kept.reason, service), kept.token, kept.at);
  }

  /** One that is in maintenance already keeps its reason. */
  async #change(id: string, service: LocalService | undefined, { enable, reason, token }: MaintenanceWish): Promise<void> {
    const { local, keeping, nodeName, wall } = this.#with;
    if (enable === (local.check(id) !== undefined)) return;
    if (enable) {
      local.setCheck(maintenanceCheck(nodeName, reason, service), token);
      await keeping.saveCheck(id, { kind: "maintenance", serviceId: service?.id ?? "", reason, token, at: wall() });
    } else {
      local.removeCheck(id);
      await keeping.forgetCheck(id);
    }
  }
}
