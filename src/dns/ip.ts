import { isIPv6 } from "node:net";

/** 4 or 16 bytes; an IPv6 address that stands for an IPv4 one gives that. `undefined`: no IP address. */
export function ipBytes(ip: string): Buffer | undefined {
  const v4 = ipv4Number(ip);
  if (v4 !== undefined) {
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeUInt32BE(v4);
    return bytes;
  }
  return isPlainIpv6(ip) ? ipv6Bytes(ip) : undefined;
}

/** Whether a text is an IP address to Consul 1.8.7: zeros may stand before a number, and an address with a zone is none. */
export function isIp(text: string): boolean {
  return ipv4Number(text) !== undefined || isPlainIpv6(text);
}

function isPlainIpv6(text: string): boolean {
  return isIPv6(text) && !text.includes("%");
}

/** Four decimal numbers from 0 to 255 as one of 32 bits; `undefined`: anything else. Every answer reads some. */
function ipv4Number(text: string): number | undefined {
  let whole = 0;
  let part = -1;
  let parts = 1;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit >= 0 && digit <= 9) {
      part = part === -1 ? digit : part * 10 + digit;
      if (part > 255) return undefined;
    } else {
      if (text[at] !== "." || part === -1) return undefined;
      whole = whole * 256 + part;
      part = -1;
      parts += 1;
    }
  }
  return parts === 4 && part !== -1 ? whole * 256 + part : undefined;
}

function ipv6Bytes(ip: string): Buffer {
  const dotted = ip.lastIndexOf(":") + 1;
  const tail = ip.slice(dotted);
  const v4 = tail.includes(".") ? tail.split(".").map(Number) : undefined;
  const plain = v4 === undefined ? ip : `${ip.slice(0, dotted)}${groupOf(v4[0], v4[1])}:${groupOf(v4[2], v4[3])}`;
  const [left = "", right] = plain.split("::");
  const before = left === "" ? [] : left.split(":");
  const after = right === undefined || right === "" ? [] : right.split(":");
  const zeros = right === undefined ? 0 : 8 - before.length - after.length;
  const bytes = Buffer.alloc(16);
  [...before, ...Array.from({ length: zeros }, () => "0"), ...after].forEach((group, at) => {
    bytes.writeUInt16BE(Number.parseInt(group, 16), at * 2);
  });
  const mapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes.readUInt16BE(10) === 0xffff;
  return mapped ? bytes.subarray(12) : bytes;
}

function groupOf(high = 0, low = 0): string {
  return (high * 256 + low).toString(16);
}

/** The address that 4 or 16 bytes stand for, its longest run of zeros left out (RFC 5952); empty for another length. */
export function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return "";
  const view = Buffer.from(bytes);
  const groups = Array.from({ length: 8 }, (_, at) => view.readUInt16BE(at * 2).toString(16));
  const runs = groups.map((_, at) => groups.slice(at).findIndex((group) => group !== "0")).map((run, at) => (run === -1 ? 8 - at : run));
  const longest = Math.max(...runs);
  if (longest < 2) return groups.join(":");
  const from = runs.indexOf(longest);
  return `${groups.slice(0, from).join(":")}::${groups.slice(from + longest).join(":")}`;
}

/** The name by which an address is looked up backwards, without the dot at the end; `undefined` when the text is no IP address. RFC 1035 §3.5, RFC 3596 §2.5. */
export function reverseName(ip: string): string | undefined {
  const bytes = ipBytes(ip);
  if (bytes === undefined) return undefined;
  if (bytes.length === 4) return `${[...bytes].reverse().join(".")}.in-addr.arpa`;
  return `${[...bytes.toString("hex")].reverse().join(".")}.ip6.arpa`;
}
