import type { Index } from "../../../src/base/ids.ts";
import type { SnapshotMeta } from "../../../src/raft/core/types.ts";
import type { StateMachine, StateSnapshot } from "../../../src/raft/index.ts";
import type { Value } from "../checkers/register.ts";
import { hashBytes } from "../engine/random.ts";

/** What clients of the small machine ask for. A `cas` writes when the key holds `expected`. */
export type RegisterCommand =
  | { readonly kind: "set"; readonly key: string; readonly value: Value }
  | { readonly kind: "cas"; readonly key: string; readonly expected: Value; readonly value: Value };

export interface MachineWatcher {
  appliedCommand(applied: { readonly index: Index; readonly chain: number; readonly digest: number }): void;
  appliedUpTo(): void;
}

interface Image {
  readonly chain: number;
  readonly rows: readonly (readonly [string, string])[];
}

/** `serial` makes it unlike every other. */
export function encodeRegisterCommand(command: RegisterCommand, serial: number): Uint8Array {
  return Buffer.from(JSON.stringify({ ...command, serial }));
}

/** A few registers and a running digest of all that was ever applied: the smallest machine that shows every fault of raft. */
export class RegisterMachine implements StateMachine {
  readonly #watcher: MachineWatcher;
  readonly #chunkBytes: number;
  #rows = new Map<string, string>();
  #chain = 0;

  constructor(watcher: MachineWatcher, chunkBytes: number) {
    this.#watcher = watcher;
    this.#chunkBytes = chunkBytes;
  }

  get(key: string): Value {
    return this.#rows.get(key);
  }

  apply(index: Index, data: Uint8Array): boolean {
    const digest = hashBytes(data);
    this.#chain = (Math.imul(this.#chain, 31) + digest + index) | 0;
    this.#watcher.appliedCommand({ index, chain: this.#chain, digest });
    const command: RegisterCommand = JSON.parse(Buffer.from(data).toString());
    if (command.kind === "cas" && this.#rows.get(command.key) !== command.expected) return false;
    if (command.value === undefined) this.#rows.delete(command.key);
    else this.#rows.set(command.key, command.value);
    return true;
  }

  applied(_upTo: Index): void {
    this.#watcher.appliedUpTo();
  }

  snapshot(): StateSnapshot {
    const image: Image = { chain: this.#chain, rows: [...this.#rows] };
    const bytes = Buffer.from(JSON.stringify(image));
    const chunkBytes = this.#chunkBytes;
    return {
      *chunks() {
        for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
      },
      release: () => undefined,
    };
  }

  async restore(read: () => Promise<Uint8Array>, _meta: SnapshotMeta): Promise<void> {
    const chunks: Uint8Array[] = [];
    for (let chunk = await read(); chunk.length > 0; chunk = await read()) chunks.push(chunk);
    const image: Image = JSON.parse(Buffer.concat(chunks).toString());
    this.#rows = new Map(image.rows);
    this.#chain = image.chain;
  }
}
