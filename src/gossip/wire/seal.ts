import { createCipheriv, createDecipheriv } from "node:crypto";
import { WireError } from "./error.ts";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const BLOCK = 16;
/** Version byte, nonce and tag around a sealed message of version 1. */
export const SEAL_OVERHEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

/** Whether these bytes can be a gossip key: AES-128, AES-192 or AES-256. */
export function isKey(key: Uint8Array): boolean {
  return key.length === 16 || key.length === 24 || key.length === 32;
}

export interface SealOptions {
  readonly key: Uint8Array;
  /** 12 bytes, never twice under one key. */
  readonly nonce: Uint8Array;
  /** 0 pads to whole blocks and is for readers of memberlist protocol 1 only. */
  readonly version: 0 | 1;
  /** Sealed along, not sent: the header of a stream; empty for a datagram. */
  readonly associated: Uint8Array;
}

/** Seals with AES-GCM: version, nonce, ciphertext, tag. */
export function seal(plain: Uint8Array, options: SealOptions): Buffer {
  const cipher = createCipheriv(algorithm(options.key), options.key, options.nonce);
  cipher.setAAD(options.associated);
  const padding = options.version === 0 ? BLOCK - (plain.length % BLOCK) : 0;
  const body = [cipher.update(plain), cipher.update(new Uint8Array(padding).fill(padding)), cipher.final()];
  return Buffer.concat([Uint8Array.of(options.version), options.nonce, ...body, cipher.getAuthTag()]);
}

/** Opens with the first of `keys` that fits. `undefined` when none does or the bytes cannot be a sealed message. */
export function unseal(sealed: Uint8Array, keys: readonly Uint8Array[], associated: Uint8Array): Buffer | undefined {
  const version = sealed[0];
  if ((version !== 0 && version !== 1) || sealed.length < SEAL_OVERHEAD_BYTES) return undefined;
  for (const key of keys) {
    const plain = open(sealed, key, associated);
    if (plain !== undefined) return version === 0 ? unpad(plain) : plain;
  }
  return undefined;
}

function open(sealed: Uint8Array, key: Uint8Array, associated: Uint8Array): Buffer | undefined {
  const decipher = createDecipheriv(algorithm(key), key, sealed.subarray(1, 1 + NONCE_BYTES));
  decipher.setAAD(associated);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(1 + NONCE_BYTES, sealed.length - TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined; // the tag does not match: another key's message, or a forged one
  }
}

function unpad(plain: Buffer): Buffer | undefined {
  const padding = plain.at(-1) ?? 0;
  return padding === 0 || padding > BLOCK || padding > plain.length ? undefined : plain.subarray(0, plain.length - padding);
}

function algorithm(key: Uint8Array): "aes-128-gcm" | "aes-192-gcm" | "aes-256-gcm" {
  if (key.length === 16) return "aes-128-gcm";
  if (key.length === 24) return "aes-192-gcm";
  if (key.length === 32) return "aes-256-gcm";
  throw new WireError(`Cannot use gossip key: ${key.length} bytes are not 16, 24 or 32`);
}
