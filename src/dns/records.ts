import { TYPE } from "./codes.ts";
import { ipBytes } from "./ip.ts";
import { TEXT_MAX_BYTES } from "./limits.ts";

/** What a record holds besides its owner. Names are texts without a dot at the end. */
export type RecordData =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "name"; readonly target: string }
  | { readonly kind: "srv"; readonly priority: number; readonly weight: number; readonly port: number; readonly target: string }
  | {
      readonly kind: "soa";
      readonly server: string;
      readonly mailbox: string;
      readonly numbers: readonly [serial: number, refresh: number, retry: number, expire: number, minTtl: number];
    };

/** One record of an answer, of class IN. */
export interface DnsRecord {
  /** Owner. */
  readonly name: string;
  readonly type: number;
  /** Seconds. */
  readonly ttl: number;
  readonly data: RecordData;
}

/** An A or AAAA record; `undefined` when the text is no IP address. */
export function addressRecord(name: string, ip: string, ttl: number): DnsRecord | undefined {
  const bytes = ipBytes(ip);
  if (bytes === undefined) return undefined;
  return { name, type: bytes.length === 4 ? TYPE.A : TYPE.AAAA, ttl, data: { kind: "bytes", bytes } };
}

export function aliasRecord(name: string, target: string, ttl: number): DnsRecord {
  return { name, type: TYPE.CNAME, ttl, data: { kind: "name", target } };
}

/** Text of any length, in as many pieces as it takes. */
export function textRecord(name: string, text: string, ttl: number): DnsRecord {
  const whole = Buffer.from(text);
  const pieces: Uint8Array[] = [];
  let at = 0;
  do {
    const piece = whole.subarray(at, at + TEXT_MAX_BYTES);
    pieces.push(Buffer.of(piece.length), piece);
    at += TEXT_MAX_BYTES;
  } while (at < whole.length);
  return { name, type: TYPE.TXT, ttl, data: { kind: "bytes", bytes: Buffer.concat(pieces) } };
}
