import { writeArchive } from "../../archive/index.ts";
import { KvorumError } from "../../base/errors.ts";
import { asIndex, asTerm } from "../../base/ids.ts";
import type { Streams } from "../../model/index.ts";
import type { Clock } from "../../platform/index.ts";
import type { StateSnapshot } from "../../state/index.ts";
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

  /** As of now, in an archive that is made while it is read. Walked twice: an archive says first how large its content is. */
  async save({ options }: Streams["Snapshot.Save"]["request"]): Promise<Streams["Snapshot.Save"]["response"]> {
    if (options.consistency !== "stale") await this.#reads.asLeader(true);
    const { raft, state, platform, logger } = this.#context;
    const { configuration, configurationIndex, term } = raft.status();
    const index = state.lastIndex;
    const { lastContactMs, knownLeader } = this.#reads.contact();
    const snapshot = state.snapshot();
    try {
      let sizeBytes = 0;
      for await (const chunk of inTurns(snapshot, platform.clock)) sizeBytes += chunk.byteLength;
      logger.info("Saving a snapshot", { index, bytes: sizeBytes });
      const meta = { index: asIndex(index), term: asTerm(term), configuration, configurationIndex };
      const id = `${term}-${index}-${Math.floor(platform.clock.wall())}`;
      const chunks = releasing(writeArchive({ meta, id, sizeBytes, chunks: inTurns(snapshot, platform.clock) }), snapshot);
      return { meta: { index, lastContactMs: Math.min(lastContactMs, Number.MAX_SAFE_INTEGER), knownLeader }, chunks };
    } catch (error) {
      snapshot.release();
      throw error;
    }
  }

  async restore(_request: Streams["Snapshot.Restore"]["request"]): Promise<void> {
    throw new KvorumError("unavailable", "Snapshots cannot be restored yet");
  }
}

/** Chunk by chunk, and others have their turn in between. */
async function* inTurns(snapshot: StateSnapshot, clock: Clock): AsyncGenerator<Uint8Array> {
  for (const chunk of snapshot.chunks()) {
    yield chunk;
    await new Promise<void>((resolve) => clock.soon(resolve));
  }
}

async function* releasing(chunks: AsyncIterable<Uint8Array>, snapshot: StateSnapshot): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } finally {
    snapshot.release();
  }
}
