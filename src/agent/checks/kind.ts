import type { CheckDefinition } from "../../model/index.ts";

export type CheckKind = "ttl" | "http" | "tcp" | "grpc" | "docker" | "script" | "alias";

/** What a definition makes an agent do; where it says several things, Consul's order decides. `undefined`: nothing that can be done. */
export function kindOf(check: CheckDefinition): CheckKind | undefined {
  const repeats = check.intervalMs > 0;
  if (check.ttlMs > 0) return "ttl";
  if (check.http !== "" && repeats) return "http";
  if (check.tcp !== "" && repeats) return "tcp";
  if (check.grpc !== "" && repeats) return "grpc";
  if (check.args.length > 0 && repeats) return check.dockerContainerId === "" ? "script" : "docker";
  return isAlias(check) ? "alias" : undefined;
}

/** The type that is shown, for which Consul has another order. */
export function typeOf(check: CheckDefinition): string {
  const repeats = check.intervalMs > 0;
  if (check.grpc !== "" && repeats) return "grpc";
  if (check.http !== "" && repeats) return "http";
  if (check.ttlMs > 0) return "ttl";
  if (check.tcp !== "" && repeats) return "tcp";
  if (isAlias(check)) return "alias";
  if (check.args.length === 0) return "";
  return check.dockerContainerId !== "" && repeats ? "docker" : "script";
}

/** What is wrong with a definition, in Consul's words. */
export function checkFault(check: CheckDefinition): string | undefined {
  const repeats = check.args.length > 0 || check.http !== "" || check.tcp !== "" || check.grpc !== "";
  if (check.intervalMs > 0 && check.ttlMs > 0) return "Interval and TTL cannot both be specified";
  if (repeats && check.intervalMs <= 0) return "Interval must be > 0 for Script, HTTP, or TCP checks";
  if (repeats && isAlias(check)) return "Interval cannot be set for Alias checks";
  if (isAlias(check) && check.ttlMs > 0) return "TTL must be not be set for Alias checks";
  if (!repeats && !isAlias(check) && check.ttlMs <= 0) return "TTL must be > 0 for TTL checks";
  return check.outputMaxBytes < 0 ? "MaxOutputMaxSize must be positive" : undefined;
}

/** Whether it makes the agent run programs, which it does only where that is allowed. */
export function runsPrograms(check: CheckDefinition): boolean {
  return check.args.length > 0;
}

export function isStatus(status: string): boolean {
  return status === "passing" || status === "warning" || status === "critical";
}

function isAlias(check: CheckDefinition): boolean {
  return check.aliasNode !== "" || check.aliasService !== "";
}
