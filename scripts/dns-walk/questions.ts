import type { Rng } from "../walk/rng.ts";
import type { WalkCatalog } from "./catalog.ts";

const TYPES = ["A", "A", "A", "AAAA", "AAAA", "SRV", "SRV", "SRV", "ANY", "ANY", "TXT", "CNAME", "SOA", "NS", "PTR", "MX", "AXFR", "HINFO", "NAPTR"];
const HOW = [
  "",
  "",
  "",
  " edns=512",
  " edns=1232",
  " edns=4096",
  " edns=100",
  " edns=0",
  " tcp",
  " tcp edns=1232",
  " edns=1232 do",
  " nord",
  " class=CH",
  " class=ANY",
];
const SUBNETS = ["10.1.2.0/24", "10.1.2.3/32", "0.0.0.0/0", "2001:db8::/56", "2001:db8::1/128", "10.128.0.0/9"];
const ENDS = ["", "", "", ".dc1", ".DC1", ".dc2", ".dc1.dc1", ".x"];
const CODES: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  AXFR: 252,
  ANY: 255,
};

export interface Asking {
  readonly domains: readonly string[];
  /** Consul keeps answers for `.ingress` under the key of plain ones where it uses its cache. */
  readonly ingress: boolean;
}

/** Questions at random for what is in the catalog and what is not, as `test/dns/asking.ts` reads them. */
export function questionOf(rng: Rng, catalog: WalkCatalog, { domains, ingress }: Asking): string {
  const kind = rng.below(20);
  if (kind === 0) return `raw ${broken(rng, wire(rng, rng.pick(TYPES), nameOf(rng, catalog, { domains, ingress })))}${rng.below(4) === 0 ? " tcp" : ""}`;
  if (kind === 1)
    return `raw ${wire(rng, rng.pick(TYPES), nameOf(rng, catalog, { domains, ingress }), rng.pick([0x0100, 0x0000, 0x0120, 0x0110, 0x2100, 0x0900, 0x2800, 0x7900, 0x0300, 0x0180])).toString("hex")}`;
  const subnet = rng.below(6) === 0 ? ` subnet=${rng.pick(SUBNETS)}` : "";
  const how = rng.pick(HOW) + subnet;
  if (kind === 2) return `${rng.pick(["PTR", "PTR", "A", "ANY", "SOA"])} ${reverseOf(rng.pick(catalog.addresses)) ?? "1.0.0.10.in-addr.arpa"}${how}`;
  const name = nameOf(rng, catalog, { domains, ingress });
  const type = rng.pick(TYPES);
  // Names that text cannot carry go as bytes.
  return /^[\w.-]+$/.test(name) && name.split(".").every((label) => label !== "" && label.length < 64) && name.length < 250
    ? `${type} ${name}${how}`
    : `raw ${wire(rng, type, name).toString("hex")}${how.includes("tcp") ? " tcp" : ""}`;
}

function nameOf(rng: Rng, catalog: WalkCatalog, { domains, ingress }: Asking): string {
  const domain = rng.pick(domains);
  const end = `${rng.pick(ENDS)}.${domain}`;
  const service = rng.below(12) === 0 ? "nosuch" : rng.pick(catalog.services);
  const tag = rng.pick([...catalog.tags, "nosuch"]);
  const name = rng.pick([
    () => `${service}.service${end}`,
    () => `${service}.service${end}`,
    () => `${service}.service.${domain}`,
    () => `${tag}.${service}.service${end}`,
    () => `_${service}._${rng.pick(["tcp", "udp", tag])}.service${end}`,
    () => `_${service}._${rng.pick(["tcp", tag])}${end}`,
    () => `${service}.connect${end}`,
    () => `${service}.${ingress ? "ingress" : "connect"}${end}`,
    () => `${rng.pick([...catalog.nodes, "nosuch"])}.node${end}`,
    () => `${rng.pick(catalog.nodes)}.node.${domain}`,
    () => `${rng.pick(catalog.queryNames)}.query${end}`,
    () => `${rng.pick(["0a000001", "20010db8000000000000000000000001", "0A0000FF", "0a0000", "zz000001", "00000000000000000000ffff0a000009"])}.addr${end}`,
    () => domain,
    () => `${rng.pick(["x", "service", "node", "query", "addr", "dc1", "www.example", "_tcp", "service.service", "node.service.node"])}.${domain}`,
    () => rng.pick(["www.example.test", "big.example.test", "none.example.test", "alias.example.test", "silent.example.test", "test", ""]),
  ])();
  if (rng.below(4) !== 0) return name;
  return [...name].map((letter) => (rng.below(2) === 0 ? letter.toUpperCase() : letter)).join("");
}

/** A question in bytes; labels of any length and content, cut at 63. */
function wire(rng: Rng, type: string, name: string, flags = 0x0100): Buffer {
  const labels = name
    .split(".")
    .filter((label) => label !== "")
    .map((label) => Buffer.from(label).subarray(0, 63));
  const head = Buffer.alloc(12);
  head.writeUInt16BE(1 + rng.below(60_000), 0);
  head.writeUInt16BE(flags, 2);
  head.writeUInt16BE(1, 4);
  const code = CODES[type] ?? 1;
  return Buffer.concat([head, ...labels.flatMap((label) => [Buffer.of(label.length), label]), Buffer.of(0, code >> 8, code & 255, 0, 1)]);
}

/** The same with some bytes changed, cut off or added, but never an answer. */
function broken(rng: Rng, packet: Buffer): string {
  const bytes = Buffer.from(rng.below(3) === 0 ? packet.subarray(0, 2 + rng.below(packet.length - 1)) : packet);
  for (let flips = rng.below(4); flips > 0; flips--) bytes[2 + rng.below(bytes.length - 2)] = rng.below(128); // the recursor of the walk cannot read other texts
  if (bytes.length > 2) bytes[2] = (bytes[2] ?? 0) & 0x7f;
  const more = rng.below(4) === 0 ? Buffer.from(Array.from({ length: rng.below(20) }, () => rng.below(256))) : Buffer.alloc(0);
  return Buffer.concat([bytes, more]).toString("hex");
}

function reverseOf(address: string): string | undefined {
  return /^\d+\.\d+\.\d+\.\d+$/.test(address) ? `${address.split(".").reverse().join(".")}.in-addr.arpa` : undefined;
}
