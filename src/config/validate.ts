import type { Addresses } from "./addresses.ts";
import { ConfigError } from "./decode.ts";
import { parseCidr } from "./ip.ts";
import type { Reader } from "./reader.ts";
import type { Ports } from "./runtime.ts";

const DATACENTER = /^[a-z0-9_-]+$/;
const NODE_NAME = /^[a-zA-Z0-9-]+$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Node metadata. Consul docs, `node_meta`. */
const MAX_META_PAIRS = 64;
const MAX_META_KEY_CHARS = 128;
const MAX_META_VALUE_CHARS = 512;

/** What must hold before the settings become a configuration. Throws `ConfigError` with Consul's words for the first fault. */
export function validate(
  from: Reader,
  facts: { readonly devMode: boolean; readonly datacenter: string; readonly nodeName: string; readonly contentPath: string },
): void {
  const { devMode, datacenter, nodeName, contentPath } = facts;
  if (datacenter === "") throw new ConfigError("datacenter cannot be empty");
  if (!DATACENTER.test(datacenter)) throw new ConfigError(`datacenter cannot be ${JSON.stringify(datacenter)}. Please use only [a-z0-9-_]`);
  if (from.string("data_dir") === "" && !devMode) throw new ConfigError("data_dir cannot be empty");
  if (nodeName === "") throw new ConfigError("node_name cannot be empty");
  if (!/^[A-Za-z0-9/_-]*$/.test(contentPath)) throw new ConfigError(`ui-content-path can only contain alphanumeric, -, _, or /. received: ${contentPath}`);
  checkUi(from);
  checkBootstrap(from, devMode);
  checkNumbers(from);
  checkNodeMeta(from);
  const id = from.string("node_id");
  if (id !== "" && !UUID.test(id)) throw new ConfigError(`node_id ${JSON.stringify(id)} is no UUID`);
  for (const cidr of from.strings("http_config.allow_write_http_from")) {
    if (parseCidr(cidr) === undefined) from.errors.push(`allow_write_http_from: invalid cidr: ${cidr}`);
  }
  const key = from.string("encrypt");
  if (key !== "" && ![16, 24, 32].includes(keyBytes(key))) throw new ConfigError("encrypt has invalid key: it must be 16, 24 or 32 bytes in base64");
}

function checkUi(from: Reader): void {
  if (from.bool("ui") && from.string("ui_dir") !== "") {
    throw new ConfigError(
      "Both the ui and ui-dir flags were specified, please provide only one.\n" +
        "If trying to use your own web UI resources, use the ui-dir flag.\nThe web UI is included in the binary so use ui to enable it",
    );
  }
}

function checkBootstrap(from: Reader, devMode: boolean): void {
  const expect = from.number("bootstrap_expect", 0);
  const server = from.bool("server");
  if (expect > 0 && devMode) throw new ConfigError("'bootstrap_expect > 0' not allowed in dev mode");
  if (expect < 0) throw new ConfigError(`bootstrap_expect cannot be ${expect}. Must be greater than or equal to zero`);
  if (expect > 0 && !server) throw new ConfigError("'bootstrap_expect > 0' requires 'server = true'");
  if (from.bool("bootstrap") && !server) throw new ConfigError("'bootstrap = true' requires 'server = true'");
  if (expect > 0 && from.bool("bootstrap")) throw new ConfigError("'bootstrap_expect > 0' and 'bootstrap = true' are mutually exclusive");
}

function checkNumbers(from: Reader): void {
  const multiplier = from.number("performance.raft_multiplier", 5);
  if (multiplier < 1 || multiplier > 10) throw new ConfigError(`performance.raft_multiplier cannot be ${multiplier}. Must be between 1 and 10`);
  for (const key of ["autopilot.max_trailing_logs", "dns_config.a_record_limit", "dns_config.udp_answer_limit"]) {
    const value = from.number(key, 0);
    if (value < 0) throw new ConfigError(`${key} cannot be ${value}. Must be greater than or equal to zero`);
  }
  if (from.has("check_output_max_size") && from.number("check_output_max_size", 1) < 1) {
    throw new ConfigError("check_output_max_size must be positive, use discard_check_output to discard output");
  }
}

function checkNodeMeta(from: Reader): void {
  const pairs = Object.entries(from.stringMap("node_meta"));
  if (pairs.length > MAX_META_PAIRS) throw new ConfigError(`node_meta invalid: Node metadata cannot contain more than ${MAX_META_PAIRS} key/value pairs`);
  for (const [key, value] of pairs) {
    const why = metaFault(key, value);
    if (why !== undefined) throw new ConfigError(`node_meta invalid: Couldn't load metadata pair ('${key}', '${value}'): ${why}`);
  }
}

function metaFault(key: string, value: string): string | undefined {
  if (key === "") return "Key cannot be blank";
  if (!NODE_META_KEY.test(key)) return "Key contains invalid characters";
  if (key.length > MAX_META_KEY_CHARS) return `Key is too long (limit: ${MAX_META_KEY_CHARS} characters)`;
  if (key.startsWith("consul-")) return "Key prefix 'consul-' is reserved for internal use";
  return value.length > MAX_META_VALUE_CHARS ? `Value is too long (limit: ${MAX_META_VALUE_CHARS} characters)` : undefined;
}

const NODE_META_KEY = /^[a-zA-Z0-9_-]+$/;

/** Two listeners on one address. Throws `ConfigError`, as Consul words it. */
export function checkDistinct({ httpListen, dnsListen }: Addresses): void {
  const seen = new Map<string, string>();
  const take = (address: string, use: string): void => {
    const before = seen.get(address);
    if (before !== undefined) throw new ConfigError(`${use} address ${address} already configured for ${before}`);
    seen.set(address, use);
  };
  for (const address of dnsListen) take(address, "DNS");
  for (const address of httpListen) take(address, "HTTP");
}

/** A server without a server port cannot be reached by the others. */
export function checkServerPort(server: boolean, ports: Ports): void {
  if (server && ports.server < 0) throw new ConfigError("ports.server cannot be off on a server: the others reach it there");
}

/** Consul's remarks at the start, word for word. */
export function remarks(from: Reader, nodeName: string): readonly string[] {
  const out: string[] = [];
  const expect = from.number("bootstrap_expect", 0);
  if (from.has("acl_datacenter")) out.push("The 'acl_datacenter' field is deprecated. Use the 'primary_datacenter' field instead.");
  if (nodeName.length > 63)
    out.push(`Node name ${JSON.stringify(nodeName)} will not be discoverable via DNS due to it being too long. Valid lengths are between 1 and 63 bytes.`);
  else if (!NODE_NAME.test(nodeName)) {
    out.push(
      `Node name ${JSON.stringify(nodeName)} will not be discoverable via DNS due to invalid characters. Valid characters include all alpha-numerics and dashes.`,
    );
  }
  if (expect === 1) out.push("BootstrapExpect is set to 1; this is the same as Bootstrap mode.");
  if (expect === 1 || from.bool("bootstrap")) out.push("bootstrap = true: do not enable unless necessary");
  if (expect === 2) out.push("bootstrap_expect = 2: A cluster with 2 servers will provide no failure tolerance");
  if (expect > 1 && expect % 2 === 0)
    out.push("bootstrap_expect is even number: A cluster with an even number of servers does not achieve optimum fault tolerance");
  if (expect > 1) out.push(`bootstrap_expect > 0: expecting ${expect} servers`);
  return out;
}

function keyBytes(text: string): number {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, "base64").length : 0;
}
