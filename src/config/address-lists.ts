import { ConfigError } from "./decode.ts";
import type { ListInterfaces } from "./interfaces.ts";
import { type Definition, isList, type Setting } from "./settings.ts";
import { fillAddress } from "./sockaddr/template.ts";

/** Lists of addresses whose items may be templates. */
const KEYS = ["recursors", "start_join", "start_join_wan", "retry_join", "retry_join_wan"];

/** Fills in the templates in lists of addresses: one may give several addresses, or none. Throws `ConfigError` that names the key. */
export function fillAddressLists(settings: Definition, interfaces: ListInterfaces): Definition {
  const filled: Record<string, Setting> = {};
  for (const key of KEYS) {
    const list = settings[key];
    if (isList(list)) filled[key] = list.flatMap((item) => (typeof item === "string" ? addressesOf(key, item, interfaces) : []));
  }
  return { ...settings, ...filled };
}

function addressesOf(key: string, item: string, interfaces: ListInterfaces): readonly string[] {
  if (!item.includes("{{")) return [item];
  try {
    return fillAddress(item, interfaces)
      .split(/\s+/)
      .filter((address) => address !== "");
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(`${key}: ${error.message}`, { cause: error });
    throw error;
  }
}
