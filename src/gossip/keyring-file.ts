import { dirname } from "node:path";
import { KvorumError, messageOf } from "../base/errors.ts";
import type { Files } from "../platform/index.ts";
import { checkKey } from "./keyring.ts";

/** The keys of a keyring file, primary first; `undefined` when there is no file. Rejects with `config` when it is no list of keys. */
export async function readKeyringFile(files: Files, path: string): Promise<readonly Uint8Array[] | undefined> {
  const content = await files.read(path);
  if (content === undefined) return undefined;
  try {
    const list: unknown = JSON.parse(content.toString("utf8"));
    if (!Array.isArray(list) || list.length === 0 || !list.every((each) => typeof each === "string")) throw new TypeError("it is not a list of keys");
    return list.map(decodeGossipKey);
  } catch (error) {
    throw new KvorumError("config", `Cannot read keyring "${path}": ${messageOf(error)}`, { cause: error });
  }
}

/** The keys a pool starts with: those of its file; when there is none, `encrypt`, which is written down. `undefined`: no encryption. */
export async function startingKeys(
  files: Files,
  options: { readonly path?: string | undefined; readonly encrypt?: string | undefined },
): Promise<readonly Uint8Array[] | undefined> {
  const { path, encrypt } = options;
  const kept = path === undefined ? undefined : await readKeyringFile(files, path);
  if (kept !== undefined || encrypt === undefined || encrypt === "") return kept;
  const key = decodeGossipKey(encrypt);
  if (path === undefined) return [key];
  await files.makeFolder(dirname(path));
  await files.replace(path, Buffer.from(`${JSON.stringify([encrypt])}\n`));
  return [key];
}

/** A key from its base64 form. Throws `bad-request` when it is none. */
export function decodeGossipKey(text: string): Uint8Array {
  const key = Uint8Array.from(Buffer.from(text, "base64"));
  checkKey(key);
  return key;
}
