import { BadRequestError, messageOf } from "../base/errors.ts";
import type { Files } from "../platform/index.ts";
import type { EncryptionSettings } from "./types.ts";
import type { Opening, Sealing } from "./wire/envelope.ts";
import { isKey, SEAL_OVERHEAD_BYTES } from "./wire/seal.ts";

export type KeyChange = "install" | "use" | "remove";

/** The keys of this node, the primary first. Only the primary seals; all of them open. */
export class Keyring {
  readonly #settings: EncryptionSettings | undefined;
  readonly #files: Files;
  readonly #nonce: () => Uint8Array;
  #keys: readonly Uint8Array[];
  #writing: Promise<void> = Promise.resolve();

  constructor(settings: EncryptionSettings | undefined, parts: { readonly files: Files; readonly nonce: () => Uint8Array }) {
    if (settings !== undefined && settings.keys.length === 0) throw new BadRequestError("Cannot encrypt gossip: there is no key");
    for (const key of settings?.keys ?? []) checkKey(key);
    this.#settings = settings;
    this.#files = parts.files;
    this.#nonce = parts.nonce;
    this.#keys = settings?.keys ?? [];
  }

  get encrypted(): boolean {
    return this.#keys.length > 0;
  }

  /** Base64, the primary first. */
  get list(): readonly string[] {
    return this.#keys.map((key) => Buffer.from(key).toString("base64"));
  }

  get opening(): Opening {
    return { keys: this.#keys, verify: this.#settings?.verifyIncoming ?? true };
  }

  /** `undefined` when what is sent goes plain. */
  get sealing(): Sealing | undefined {
    const key = this.#keys[0];
    return key === undefined || this.#settings?.verifyOutgoing === false ? undefined : { key, nonce: this.#nonce };
  }

  /** Bytes that sealing adds to a datagram. */
  get reservedBytes(): number {
    return this.sealing === undefined ? 0 : SEAL_OVERHEAD_BYTES;
  }

  /** Why it could not be done, in the words that Serf has for it; `undefined` when it is done and written down. */
  async change(change: KeyChange, key: Uint8Array): Promise<string | undefined> {
    if (!this.encrypted) return "No keyring to modify (encryption not enabled)";
    if (!isKey(key)) return "key size must be 16, 24 or 32 bytes";
    const held = this.#keys.find((each) => same(each, key));
    const others = this.#keys.filter((each) => each !== held);
    if (change === "install") {
      if (held === undefined) this.#keys = [...this.#keys, key];
    } else if (change === "use") {
      if (held === undefined) return "Requested key is not in the keyring";
      this.#keys = [held, ...others];
    } else {
      if (held !== undefined && held === this.#keys[0]) return "Removing the primary key is not allowed";
      this.#keys = others;
    }
    return this.#write();
  }

  async #write(): Promise<string | undefined> {
    const file = this.#settings?.file;
    if (file === undefined) return undefined;
    const content = Buffer.from(`${JSON.stringify(this.list, undefined, 2)}\n`);
    const writing = this.#writing.then(() => this.#files.replace(file, content));
    this.#writing = writing.catch(() => {}); // the one who asked is told below; the next write stands by itself
    try {
      await writing;
      return undefined;
    } catch (error) {
      return `Cannot write keyring file: ${messageOf(error)}`;
    }
  }
}

/** Throws `bad-request` for bytes that cannot be a key. */
export function checkKey(key: Uint8Array): void {
  if (!isKey(key)) throw new BadRequestError(`Cannot use gossip key: it has ${key.length} bytes, not 16, 24 or 32`);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a).equals(b);
}
