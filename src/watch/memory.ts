import { createHash } from "node:crypto";
import { messageOf } from "../base/errors.ts";
import { isJsonObject, writeJson } from "../base/json.ts";
import { parseJson } from "../base/json-parse.ts";
import type { Files, Logger } from "../platform/index.ts";
import type { Seen } from "./core/index.ts";

/** What each watch saw last: a file a watch in `watches/` of the data directory; without one, only as long as the process lives. */
export class Memory {
  readonly #folder: string;
  readonly #files: Files;
  readonly #logger: Logger;
  readonly #seen = new Map<string, Seen>();

  private constructor({ folder, files, logger }: { readonly folder: string; readonly files: Files; readonly logger: Logger }) {
    this.#folder = folder === "" ? "" : `${folder}/watches`;
    this.#files = files;
    this.#logger = logger;
  }

  /** Reads what is kept. A file that cannot be read is told of and counts as not there: its watch fires once more. */
  static async open(where: { readonly folder: string; readonly files: Files; readonly logger: Logger }): Promise<Memory> {
    const memory = new Memory(where);
    await memory.#load();
    return memory;
  }

  seen(id: string): Seen | undefined {
    return this.#seen.get(nameOf(id));
  }

  /** Resolves when it is kept; when it could not be, that is told in the log. */
  async remember(id: string, seen: Seen): Promise<void> {
    const name = nameOf(id);
    this.#seen.set(name, seen);
    if (this.#folder === "") return;
    try {
      await this.#files.makeFolder(this.#folder);
      await this.#files.replace(`${this.#folder}/${name}`, Buffer.from(`${writeJson({ Digest: seen.digest, Event: seen.event })}\n`));
    } catch (error) {
      this.#logger.warn("Cannot keep what a watch saw: it fires once more after a restart", { error: messageOf(error) });
    }
  }

  /** Forgets all others. */
  async keepOnly(ids: readonly string[]): Promise<void> {
    const names = new Set(ids.map(nameOf));
    for (const name of [...this.#seen.keys()]) {
      if (names.has(name)) continue;
      this.#seen.delete(name);
      if (this.#folder !== "") await this.#files.remove(`${this.#folder}/${name}`);
    }
  }

  async #load(): Promise<void> {
    if (this.#folder === "") return;
    for (const name of await this.#files.list(this.#folder)) {
      if (!/^[0-9a-f]{64}$/.test(name)) continue;
      const path = `${this.#folder}/${name}`;
      try {
        const kept = parseJson((await this.#files.read(path))?.toString("utf8") ?? "");
        if (!isJsonObject(kept) || typeof kept["Digest"] !== "string" || typeof kept["Event"] !== "string") throw new Error("it is not what a watch keeps");
        this.#seen.set(name, { digest: kept["Digest"], event: kept["Event"] });
      } catch (error) {
        this.#logger.warn("Cannot read what a watch saw: it fires once more", { file: path, error: messageOf(error) });
      }
    }
  }
}

/** A digest of a text, for watches to compare by. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Definitions hold what file names may not. */
function nameOf(id: string): string {
  return digestOf(id);
}
