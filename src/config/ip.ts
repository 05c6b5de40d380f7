import { isIP } from "node:net";

/** Where something listens or is reached: `127.0.0.1:8500`, `[::1]:8500` or, for HTTP only, `unix:///run/kvorum.sock`. */
export type ListenAddress = string;

/** The family of an IP text, brackets allowed; `undefined` when it is none. */
export function ipFamily(text: string): 4 | 6 | undefined {
  const family = isIP(bare(text));
  return family === 4 || family === 6 ? family : undefined;
}

/** Without the brackets of an IPv6 address in a URL. */
export function bare(text: string): string {
  return text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
}

/** `ip:port`, with brackets for IPv6. */
export function joinHostPort(host: string, port: number): string {
  return host.includes(":") ? `[${bare(host)}]:${port}` : `${host}:${port}`;
}

export function isAnyAddress(ip: string): boolean {
  return ip === "0.0.0.0" || ipBits(bare(ip)) === 0n;
}

/** The address as a number, 32 or 128 bits; `undefined` when it is no IP. */
export function ipBits(ip: string): bigint | undefined {
  const family = isIP(ip);
  if (family === 4) return ip.split(".").reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
  if (family !== 6) return undefined;
  const plain = (ip.split("%")[0] ?? ip).replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => `${hex(a, b)}:${hex(c, d)}`);
  const [head = "", tail] = plain.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...left, ...Array<string>(tail === undefined ? 0 : 8 - left.length - right.length).fill("0"), ...right];
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}

/** Whether `ip` lies in `cidr`, such as `10.0.0.0/8`; false for different families. */
export function inNetwork(ip: string, cidr: string): boolean {
  const network = parseCidr(cidr);
  const bits = ipBits(bare(ip));
  if (network === undefined || bits === undefined || ipFamily(ip) !== network.family) return false;
  const shift = BigInt((network.family === 4 ? 32 : 128) - network.length);
  return bits >> shift === network.bits >> shift;
}

/** A network in CIDR form; `undefined` when it is none. */
export function parseCidr(text: string): { readonly bits: bigint; readonly length: number; readonly family: 4 | 6 } | undefined {
  const match = /^(.+)\/(\d{1,3})$/.exec(text);
  const family = ipFamily(match?.[1] ?? "");
  const bits = ipBits(match?.[1] ?? "");
  const length = Number(match?.[2]);
  if (family === undefined || bits === undefined || length > (family === 4 ? 32 : 128)) return undefined;
  return { bits, length, family };
}

function hex(high: string, low: string): string {
  return (Number(high) * 256 + Number(low)).toString(16);
}

/** The text of an address given as a number; IPv6 in its short form (RFC 5952). */
export function ipText(bits: bigint, family: 4 | 6): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 255n)).join(".");
  const groups = Array.from({ length: 8 }, (_, at) => ((bits >> BigInt(16 * (7 - at))) & 0xffffn).toString(16));
  const runs = [...groups.join(":").matchAll(/(?:^|(?<=:))0(?::0)+(?=:|$)/g)].map(({ 0: run }) => run);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), "");
  if (longest === "") return groups.join(":");
  const whole = `:${groups.join(":")}:`;
  const at = whole.indexOf(`:${longest}:`);
  const [before, after] = [whole.slice(1, at), whole.slice(at + longest.length + 2, -1)];
  return `${before}::${after}`;
}
