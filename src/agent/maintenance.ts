import type { LocalCheck, LocalService } from "../model/index.ts";

export const NODE_MAINTENANCE_ID = "_node_maintenance";
const SERVICE_MAINTENANCE = "_service_maintenance:";

export function serviceMaintenanceId(serviceId: string): string {
  return `${SERVICE_MAINTENANCE}${serviceId}`;
}

export function isMaintenance(checkId: string): boolean {
  return checkId === NODE_MAINTENANCE_ID || checkId.startsWith(SERVICE_MAINTENANCE);
}

/** The critical check that takes a node or one service (`service`) out of use. Ids, names and texts are Consul's. */
export function maintenanceCheck(node: string, reason: string, service: LocalService | undefined): LocalCheck {
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
