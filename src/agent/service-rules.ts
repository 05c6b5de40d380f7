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

/** Checks the sidecar of a service. Throws `BadRequestError`; the texts of its checks' faults are without their beginning. */
export function sidecarCheckFault(sidecar: ServiceDefinition): string | undefined {
  const fault = sidecar.checks.map(checkFault).find((each) => each !== undefined);
  if (fault !== undefined) return `Invalid check in sidecar_service: ${fault}`;
  return sidecar.checks.some(({ status }) => status !== "" && !isStatus(status)) ? STATUS_FAULT : undefined;
}

function refuse(before: string, fault: string | undefined): void {
  if (fault !== undefined) throw new BadRequestError(before + fault);
}
