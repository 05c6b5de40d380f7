import { decodeServiceDefinition, definitionJson, JsonDecodeError, metaFault, serviceFaults, weightsFault } from "../model/index.ts";
import { ConfigError, listErrors } from "./decode.ts";
import type { Reader } from "./reader.ts";
import { type Definition, isList, isTree, type Setting } from "./settings.ts";

const CHECK_DURATIONS = ["interval", "timeout", "ttl", "deregister_critical_service_after"];

/** What can be told of services and checks before an agent has them. Gathers faults in `from`, in Consul's words. */
export function checkDefinitions(from: Reader): void {
  for (const check of [...from.trees("checks"), ...from.trees("check")]) checkDurations(from, check);
  for (const service of [...from.trees("services"), ...from.trees("service")]) checkService(from, service);
}

function checkService(from: Reader, service: Definition): void {
  const name = typeof service["name"] === "string" ? service["name"] : "";
  const errors = from.errors.length;
  for (const check of treesAt(service, "check", "checks")) checkDurations(from, check);
  const meta = metaFault(textsOf(service["meta"]));
  if (meta !== undefined) from.errors.push(`invalid meta for service ${name}: ${meta}`);
  const weights = weightsOf(service["weights"]);
  const weight = weightsFault(weights);
  if (weight !== undefined) from.errors.push(`Invalid weight definition for service ${name}: ${weight}`);
  const sidecar = isTree(service["connect"]) ? service["connect"]["sidecar_service"] : undefined;
  if (isTree(sidecar)) {
    if (typeof sidecar["id"] === "string" && sidecar["id"] !== "") from.errors.push("sidecar_service can't specify an ID");
    if (isTree(sidecar["connect"]) && sidecar["connect"]["sidecar_service"] !== undefined)
      from.errors.push("sidecar_service can't have a nested sidecar_service");
  }
  if (from.errors.length > errors) return;
  const faults = proxyFaults(service);
  if (faults.length > 0) throw new ConfigError(`service ${JSON.stringify(name)}: ${listErrors(faults)}`);
}

function checkDurations(from: Reader, check: Definition): void {
  for (const key of CHECK_DURATIONS) {
    const text = check[key];
    if (typeof text === "string") from.durationText(`check[].${key}`, text);
  }
}

function proxyFaults(service: Definition): readonly string[] {
  try {
    return serviceFaults(decodeServiceDefinition(definitionJson(service, "service")));
  } catch (error) {
    if (error instanceof JsonDecodeError) return [error.message];
    throw error;
  }
}

/** Weights that say only one of the two count the other as they stand: Consul takes them so as well. */
function weightsOf(value: Setting | undefined): { readonly passing: number; readonly warning: number } | undefined {
  if (!isTree(value)) return undefined;
  const { passing = 1, warning = 1 } = value;
  return { passing: Number(passing), warning: Number(warning) };
}

function textsOf(value: Setting | undefined): Readonly<Record<string, string>> {
  return isTree(value) ? Object.fromEntries(Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === "string")) : {};
}

function treesAt(tree: Definition, ...keys: readonly string[]): readonly Definition[] {
  return keys.flatMap((key) => {
    const value = tree[key];
    if (isTree(value)) return [value];
    return isList(value) ? value.filter(isTree) : [];
  });
}
