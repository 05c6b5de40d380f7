import { BadRequestError } from "../base/errors.ts";
import { isAnyAddress, listed, metaFault, type ServiceDefinition, serviceFaults, weightsFault } from "../model/index.ts";
import { checkFault, isStatus } from "./checks/kind.ts";

const STATUS_FAULT = "Status for checks must 'passing', 'warning', 'critical'";

/** Checks what a client asks for. Throws `BadRequestError` with Consul's texts, the first that it would give. */
export function validateService(service: ServiceDefinition): void {
  if (service.name === "") throw new BadRequestError("Missing service name");
  if (isAnyAddress(service.address)) throw new BadRequestError("Invalid service address");
  refuse("Invalid Weights: ", weightsFault(service.weights));
  refuse("Invalid Service Meta: ", metaFault(service.meta));
  refuse("", listed(serviceFaults(service)));
  for (const check of service.checks) refuse("Invalid check: ", checkFault(check));
  for (const { status } of service.checks) if (status !== "" && !isStatus(status)) throw new BadRequestError(STATUS_FAULT);
}

/** What is wrong with the sidecar of a service. Its checks and its metadata are looked at and, as in Consul, nothing else. */
export function sidecarFault(sidecar: ServiceDefinition): string | undefined {
  const check = sidecar.checks.map(checkFault).find((each) => each !== undefined);
  if (check !== undefined) return `Invalid check in sidecar_service: ${check}`;
  if (sidecar.checks.some(({ status }) => status !== "" && !isStatus(status))) return STATUS_FAULT;
  const meta = metaFault(sidecar.meta);
  return meta === undefined ? undefined : `Invalid SidecarService: ${meta}`;
}

function refuse(before: string, fault: string | undefined): void {
  if (fault !== undefined) throw new BadRequestError(before + fault);
}
