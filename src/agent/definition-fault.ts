import { messageOf } from "../base/errors.ts";

/** How faults of a check begin where clients are told of them. */
const INVALID = /^Invalid check: /;

/** Consul's words for a service of the configuration that cannot be registered. */
export function serviceDefinitionFault(name: string, error: unknown): string {
  const text = messageOf(error);
  return INVALID.test(text) ? `Failed to validate checks for service "${name}": ${text.replace(INVALID, "")}` : `Failed to register service "${name}": ${text}`;
}

/** The same for a check. */
export function checkDefinitionFault(name: string, error: unknown): string {
  return `Failed to register check '${name}': ${messageOf(error).replace(INVALID, "Check is not valid: ")}`;
}
