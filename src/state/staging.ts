import { KvorumError } from "../base/errors.ts";
import { Refusal } from "./outcome.ts";
import { SnapshotLoader } from "./snapshot.ts";
import { RecordReader } from "./snapshot-format.ts";
import { Tables } from "./tables/tables.ts";

/** The state that a restore builds beside the one in use, piece by piece, so that putting it in place costs nothing. */
export class Staging {
  readonly id: string;
  /** As they came: a snapshot that is taken meanwhile has to hold them. */
  readonly chunks: Uint8Array[] = [];
  readonly #tables = new Tables();
  readonly #loader = new SnapshotLoader(this.#tables);
  readonly #reader = new RecordReader();

  constructor(id: string) {
    this.id = id;
  }

  /** Throws `Refusal` when the bytes are no snapshot, or not the next ones: the same on every server. */
  take(number: number, bytes: Uint8Array): void {
    if (number !== this.chunks.length) throw new Refusal(`Cannot restore: piece ${this.chunks.length} is missing`);
    refusing(() => {
      for (const row of this.#reader.push(bytes)) this.#loader.take(row);
    });
    this.chunks.push(bytes);
  }

  /** The new tables, and the index of the last command that is in them. */
  finish(chunks: number): { readonly tables: Tables; readonly index: number } {
    if (chunks !== this.chunks.length) throw new Refusal(`Cannot restore: there are ${this.chunks.length} pieces of ${chunks}`);
    return refusing(() => ({ index: this.#loader.finish(this.#reader.pendingBytes).index, tables: this.#tables }));
  }
}

function refusing<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof KvorumError && error.code === "corrupt") throw new Refusal(error.message);
    throw error;
  }
}
