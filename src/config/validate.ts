import type { Addresses } from "./addresses.ts";
import { ConfigError } from "./decode.ts";
import { checkDefinitions } from "./definition-rules.ts";
import { parseCidr } from "./ip.ts";
import type { Reader } from "./reader.ts";
import type { Ports, RuntimeConfig } from "./runtime.ts";
import { checkCombinations, checkSections, otherEdition } from "./section-rules.ts";

const DATACENTER = /^[a-z0-9_-]+$/;
const NODE_NAME = /^[a-zA-Z0-9-]+$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Node metadata. Consul docs, `node_meta`. */
/** Files that an agent needs besides its clients' connections, as Consul reckons. */
const SPARE_FILES = 20;
const MAX_META_PAIRS = 64;
const MAX_META_KEY_CHARS = 128;
const MAX_META_VALUE_CHARS = 512;

/** What must hold before the settings become a configuration. Throws `ConfigError` with Consul's words for the first fault. */
export function validate(
  from: Reader,
  facts: { readonly devMode: boolean; readonly datacenter: string; readonly nodeName: string; readonly contentPath: string },
): void {
  const { devMode, datacenter, nodeName, contentPath } = facts;
  const primary = from.string("primary_datacenter", datacenter).toLowerCase();
  if (datacenter === "") throw new ConfigError("datacenter cannot be empty");
  if (!DATACENTER.test(datacenter)) throw new ConfigError(`datacenter cannot be ${JSON.stringify(datacenter)}. Please use only [a-z0-9-_]`);
  if (primary !== "" && !DATACENTER.test(primary)) throw new ConfigError(`primary_datacenter cannot be ${JSON.stringify(primary)}. Please use only [a-z0-9-_]`);
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
  checkKey(from.string("encrypt"));
  checkSections(from);
  checkDefinitions(from);
  checkCombinations(from, datacenter);
}

function checkKey(key: string): void {
  if (key === "") return;
  const fault = base64Fault(key);
  if (fault !== undefined) throw new ConfigError(`encrypt has invalid key: illegal base64 data at input byte ${fault}`);
  if (![16, 24, 32].includes(Buffer.from(key, "base64").length)) throw new ConfigError("encrypt has invalid key: it must be 16, 24 or 32 bytes in base64");
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
  if (expect > 1 && from.bool("bootstrap")) throw new ConfigError("'bootstrap_expect > 0' and 'bootstrap = true' are mutually exclusive");
}

function checkNumbers(from: Reader): void {
  const multiplier = from.number("performance.raft_multiplier", 5);
  if (multiplier < 1 || multiplier > 10) throw new ConfigError(`performance.raft_multiplier cannot be ${multiplier}. Must be between 1 and 10`);
  for (const key of ["autopilot.max_trailing_logs", "dns_config.a_record_limit", "dns_config.udp_answer_limit"]) {
    const value = from.number(key, 0);
    if (value < 0) throw new ConfigError(`${key} cannot be ${value}. Must be greater than or equal to zero`);
  }
  if (from.has("check_output_max_size") && from.number("check_output_max_size", 1) < 1) {
    throw new ConfigError("check_output_max_size must be positive, to discard check output use the discard_check_output flag");
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
export function checkDistinct({
  addresses,
  config,
}: {
  readonly addresses: Addresses;
  readonly config: Pick<RuntimeConfig, "server" | "rpcAdvertise" | "gossip">;
}): void {
  const { httpListen, httpsListen, dnsListen } = addresses;
  const seen = new Map<string, string>();
  const take = (address: string, use: string): void => {
    const before = seen.get(address);
    if (before !== undefined) throw new ConfigError(`${use} address ${address.replace(/^unix:\/\//, "")} already configured for ${before}`);
    seen.set(address, use);
  };
  for (const address of dnsListen) take(address, "DNS");
  for (const address of httpListen) take(address, "HTTP");
  for (const address of httpsListen) take(address, "HTTPS");
  if (config.server) take(config.rpcAdvertise, "RPC Advertise");
  if (config.gossip.lan !== undefined) take(config.gossip.lan.advertise, "Serf Advertise LAN");
  if (config.gossip.wan !== undefined) take(config.gossip.wan.advertise, "Serf Advertise WAN");
}

/** A limit on connections that this process could never reach protects nobody. */
export function checkOpenFiles(connections: number, most: number | undefined): void {
  const needed = connections + SPARE_FILES;
  if (most === undefined || needed <= most) return;
  throw new ConfigError(`system allows a max of ${most} file descriptors, but limits.http_max_conns_per_client: ${connections} needs at least ${needed}`);
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
  out.push(...otherEdition(from).map((key) => `${JSON.stringify(key)} is a Consul Enterprise configuration and will have no effect`));
  for (const rule of from.strings("telemetry.prefix_filter")) {
    if (rule === "") out.push("Cannot have empty filter rule in prefix_filter");
    else if (!/^[+-]/.test(rule)) out.push(`Filter rule must begin with either '+' or '-': ${JSON.stringify(rule)}`);
  }
  if (from.bool("enable_script_checks") && from.strings("http_config.allow_write_http_from").length === 0)
    out.push("using enable-script-checks without ACLs and without allow_write_http_from is DANGEROUS, use enable-local-script-checks instead");
  if (expect === 1) out.push("BootstrapExpect is set to 1; this is the same as Bootstrap mode.");
  if (expect === 1 || from.bool("bootstrap")) out.push("bootstrap = true: do not enable unless necessary");
  if (expect === 2) out.push("bootstrap_expect = 2: A cluster with 2 servers will provide no failure tolerance");
  if (expect > 2 && expect % 2 === 0)
    out.push("bootstrap_expect is even number: A cluster with an even number of servers does not achieve optimum fault tolerance");
  if (expect > 1) out.push(`bootstrap_expect > 0: expecting ${expect} servers`);
  return out;
}

/** Where a text stops being base64, as Go counts it; `undefined` when it is sound. */
function base64Fault(text: string): number | undefined {
  const sound = /^[A-Za-z0-9+/]*/.exec(text)?.[0].length ?? 0;
  const padding = text.slice(sound);
  if (padding === "" || (/^={1,2}$/.test(padding) && text.length % 4 === 0)) return text.length % 4 === 0 ? undefined : sound - (sound % 4);
  return sound;
}
