import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import { ConfigError, loadDefinitions } from "../config/index.ts";
import { definitionJson } from "../model/index.ts";
import { refused } from "./asking.ts";
import type { Terminal } from "./command.ts";
import { diskFiles } from "./host.ts";
import { FileError } from "./input.ts";

/** The services that configuration files define, as bodies for the API; an exit code when a file is at fault, which is told. */
export async function servicesIn(paths: readonly string[], terminal: Terminal): Promise<readonly JsonObject[] | number> {
  try {
    const { services } = await loadDefinitions(paths, diskFiles);
    return services.map((service) => definitionJson(service as JsonValue, "service")).filter(isJsonObject);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof FileError)) throw error;
    return refused(terminal, `Error: ${error.message}`);
  }
}

/** A member of a body, whatever its case; empty when it is not there. */
export function memberOf(service: JsonObject, name: string): string {
  const value = Object.entries(service).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  return typeof value === "string" ? value : "";
}
