import { KvorumError } from "../../base/errors.ts";
import type { Streams } from "../../model/index.ts";
import type { ServerContext } from "../context.ts";
import type { Reads } from "../reads.ts";

/** The whole state out and in. Consul api-docs, snapshots. */
export class Snapshots {
  readonly #context: ServerContext;
  readonly #reads: Reads;

  constructor(context: ServerContext, reads: Reads) {
    this.#context = context;
    this.#reads = reads;
  }

  async save({ options }: Streams["Snapshot.Save"]["request"]): Promise<Streams["Snapshot.Save"]["response"]> {
    if (options.consistency !== "stale") await this.#reads.asLeader(true);
    throw new KvorumError("unavailable", `Snapshots wait for their archive at index ${this.#context.state.lastIndex}`);
  }

  async restore(_request: Streams["Snapshot.Restore"]["request"]): Promise<void> {
    throw new KvorumError("unavailable", "Snapshots wait for their archive");
  }
}
