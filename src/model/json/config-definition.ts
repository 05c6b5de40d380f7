import { isJsonArray, isJsonObject, type JsonValue } from "../../base/json.ts";

/** Maps with keys of the user's own, which stay as they are. */
const MAPS = new Set(["meta", "header", "config", "tagged_addresses"]);

/**
 * A definition of the configuration as the API has it: `docker_container_id` is `DockerContainerID` there, and since the API's names are
 * matched in any case, the strokes are all that has to go. A check within a service calls its id `CheckID`.
 */
export function definitionJson(given: JsonValue, what: "service" | "check"): JsonValue {
  if (!isJsonObject(given)) return given;
  return Object.fromEntries(
    Object.entries(given).map(([key, value]): [string, JsonValue] => {
      const member = value ?? null;
      if (what === "check" && key === "args") return ["ScriptArgs", member];
      if (key === "tagged_addresses" || key === "meta" || key === "header") return [bare(key), member];
      if (what === "service" && key === "check") return ["Check", within(member)];
      if (what === "service" && key === "checks") return ["Checks", isJsonArray(member) ? member.map(within) : member];
      if (what === "service" && key === "connect") return ["Connect", mesh(member)];
      return [bare(key), deep(member)];
    }),
  );
}

function within(check: JsonValue): JsonValue {
  const whole = definitionJson(check, "check");
  if (!isJsonObject(whole)) return whole;
  // Neither has a meaning within a service.
  const { id, serviceid: _service, token: _token, ...rest } = whole;
  return id === undefined ? rest : { ...rest, CheckID: id };
}

function mesh(connect: JsonValue): JsonValue {
  if (!isJsonObject(connect)) return connect;
  const { native, sidecar_service: sidecar } = connect;
  return { Native: native ?? false, SidecarService: sidecar === undefined ? null : definitionJson(sidecar, "service") };
}

function deep(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(deep);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [bare(key), MAPS.has(key) ? (member ?? null) : deep(member ?? null)]));
}

function bare(key: string): string {
  return key.replaceAll("_", "");
}
