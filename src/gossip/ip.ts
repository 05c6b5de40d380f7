import { BadRequestError } from "../base/errors.ts";
import type { Address } from "./core/index.ts";

/** An IP address as text; `undefined` for bytes that are none. An IPv4 address inside an IPv6 one is given as IPv4. */
export function ipText(ip: Uint8Array): string | undefined {
  if (ip.length === 4) return ip.join(".");
  if (ip.length !== 16) return undefined;
  if (ip.subarray(0, 10).every((byte) => byte === 0) && ip[10] === 0xff && ip[11] === 0xff) return ip.subarray(12).join(".");
  const groups = Array.from({ length: 8 }, (_, at) => (((ip[2 * at] ?? 0) << 8) | (ip[2 * at + 1] ?? 0)).toString(16));
  return shortened(groups);
}

/** Four or sixteen bytes; `undefined` for text that is no IP address. */
export function ipBytes(text: string): Uint8Array | undefined {
  if (!text.includes(":")) return ipv4Bytes(text);
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1];
  if (mapped !== undefined) return ipv4Bytes(mapped);
  const [head = "", tail, more] = text.split("::");
  if (more !== undefined) return undefined;
  const before = groupsOf(head);
  const after = groupsOf(tail ?? "");
  if (before === undefined || after === undefined) return undefined;
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...before, ...new Array<number>(missing).fill(0), ...after];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** `ip:port`, brackets around IPv6. */
export function addressText(address: Address): string {
  const ip = ipText(address.ip) ?? "?";
  return `${ip.includes(":") ? `[${ip}]` : ip}:${address.port}`;
}

export function addressOf(host: string, port: number): Address {
  const ip = ipBytes(host);
  if (ip === undefined) throw new BadRequestError(`Cannot use address "${host}": it is not an IP address`);
  return { ip, port };
}

function ipv4Bytes(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined;
  return Uint8Array.from(parts.map(Number));
}

function groupsOf(text: string): readonly number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  return parts.every((part) => /^[0-9a-f]{1,4}$/i.test(part)) ? parts.map((part) => Number.parseInt(part, 16)) : undefined;
}

/** The longest run of two zeros or more becomes `::`. RFC 5952. */
function shortened(groups: readonly string[]): string {
  const runs = [...groups.join(":").matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].sort((a, b) => b[0].length - a[0].length || a.index - b.index);
  const run = runs[0];
  const all = groups.join(":");
  if (run === undefined) return all;
  return `${all.slice(0, run.index)}::${all.slice(run.index + run[0].length).replace(/^:/, "")}`;
}
