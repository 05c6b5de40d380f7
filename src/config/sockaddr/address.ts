import type { NetInterface } from "../interfaces.ts";
import { ipBits, ipText } from "../ip.ts";

/** A fault in a template: what is wrong, without the template itself. */
export class TemplateFault extends Error {
  override readonly name = "TemplateFault";
}

interface Span {
  readonly width: number;
  readonly bits: bigint;
  /** Ones where the network is. */
  readonly mask: bigint;
  readonly network: bigint;
  readonly last: bigint;
}

function spanOf({ address, family, prefixLength }: NetInterface): Span {
  const width = family === 4 ? 32 : 128;
  const all = (1n << BigInt(width)) - 1n;
  const mask = maskOf(prefixLength, width);
  const bits = ipBits(address) ?? 0n;
  return { width, bits, mask, network: bits & mask, last: bits | (all & ~mask) };
}

function maskOf(length: number, width: number): bigint {
  const rest = BigInt(width - length);
  return (((1n << BigInt(width)) - 1n) >> rest) << rest;
}

/** The address with its network, as `10.0.0.5/24`; alone where it is a network of its own. */
export function textOf({ address, family, prefixLength }: NetInterface): string {
  return prefixLength === (family === 4 ? 32 : 128) ? address : `${address}/${prefixLength}`;
}

/** Addresses in the network, itself and the broadcast included. */
export function sizeOf(one: NetInterface): bigint {
  return 1n << BigInt((one.family === 4 ? 32 : 128) - one.prefixLength);
}

/** One attribute of an address, in go-sockaddr's names. Throws `TemplateFault` for a name that this address has not. */
export function attribute(one: NetInterface, name: string): string {
  const { width, bits, mask, network, last } = spanOf(one);
  const text = (of: bigint): string => ipText(of, one.family);
  const hosts = one.family === 4 && one.prefixLength < 31 ? 1n : 0n;
  switch (name) {
    case "name":
      return one.name;
    case "address":
    case "host":
      return one.address;
    case "network":
      return text(network);
    case "netmask":
      return text(mask);
    case "mask_bits":
      return String(one.prefixLength);
    case "size":
      return String(sizeOf(one));
    case "first_usable":
      return text(network + hosts);
    case "last_usable":
      return text(last - hosts);
    case "binary":
      return bits.toString(2).padStart(width, "0");
    case "hex":
      return bits.toString(16).padStart(width / 4, "0");
    case "octets":
      return octets(bits, width).join(" ");
    case "port":
      return "0";
    case "string":
      return textOf(one);
    case "type":
      return `IPv${one.family}`;
    case "flags":
      return flagNames(one).join("|");
    default:
      return ofFamily(one, name, { bits, last });
  }
}

function ofFamily({ family }: NetInterface, name: string, { bits, last }: Pick<Span, "bits" | "last">): string {
  if (family === 4 && name === "broadcast") return ipText(last, 4);
  if (name === (family === 4 ? "uint32" : "uint128")) return String(bits);
  throw new TemplateFault(`unsupported attribute name ${JSON.stringify(name)}`);
}

function octets(bits: bigint, width: number): readonly number[] {
  return Array.from({ length: width / 8 }, (_, at) => Number((bits >> BigInt(width - 8 * (at + 1))) & 255n));
}

function flagNames(one: NetInterface): readonly string[] {
  const { up, broadcast, pointToPoint, multicast } = flagsOf(one);
  const set: readonly (readonly [string, boolean])[] = [
    ["up", up],
    ["broadcast", broadcast],
    ["loopback", one.loopback],
    ["pointtopoint", pointToPoint],
    ["multicast", multicast],
  ];
  return set.flatMap(([name, is]) => (is ? [name] : []));
}

export function flagsOf({ flags, loopback }: NetInterface): NonNullable<NetInterface["flags"]> {
  return flags ?? { up: true, broadcast: !loopback, pointToPoint: false, multicast: !loopback };
}

/** The address moved: `address` by so many, `network` to the so-manieth of its network (from the end when negative), `mask` to a network's own. */
export function moved(one: NetInterface, operation: string, value: string): NetInterface {
  const { width, bits, mask, network } = spanOf(one);
  const all = (1n << BigInt(width)) - 1n;
  const at = (of: bigint, prefixLength = one.prefixLength): NetInterface => ({ ...one, address: ipText(of & all, one.family), prefixLength });
  switch (operation.toLowerCase()) {
    case "address":
      return at(bits + signed(value, operation));
    case "network":
      return at(network + (signed(value, operation) & all & ~mask));
    case "mask": {
      const length = /^\d{1,3}$/.test(value) ? Number(value) : Number.NaN;
      if (!(length <= width)) throw new TemplateFault(`parameter for operation "mask" must be between 0 and ${width}, not ${JSON.stringify(value)}`);
      return at(bits & maskOf(length, width), Math.min(length, one.prefixLength));
    }
    default:
      throw new TemplateFault(`unsupported math operation: ${JSON.stringify(operation)}`);
  }
}

function signed(value: string, operation: string): bigint {
  if (!/^\s*[+-]/.test(value)) throw new TemplateFault(`sign (+/-) is required for operation ${JSON.stringify(operation)}`);
  if (!/^[+-]\d{1,19}$/.test(value)) throw new TemplateFault(`unable to convert ${JSON.stringify(value)} to int for operation ${JSON.stringify(operation)}`);
  return BigInt(value);
}
