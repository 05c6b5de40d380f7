import { readArchive, refuseForeignState, writeArchive } from "../../archive/index.ts";
import { KvorumError, messageOf } from "../../base/errors.ts";
import { asIndex, asTerm } from "../../base/ids.ts";
import type { Streams } from "../../model/index.ts";
import type { Clock } from "../../platform/index.ts";
import type { StateSnapshot } from "../../state/index.ts";
import { done, propose, type ServerContext } from "../context.ts";
import { restoreAhead, restorePieceBytes } from "../limits.ts";
import type { Reads } from "../reads.ts";
import { newUuid } from "../uuid.ts";

/** The whole state out and in. Consul api-docs, snapshots. */
export class Snapshots {
  readonly #context: ServerContext;
  readonly #reads: Reads;
  readonly #spoolFolder: string;

  constructor(context: ServerContext, reads: Reads, spoolFolder: string) {
    this.#context = context;
    this.#reads = reads;
    this.#spoolFolder = spoolFolder;
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
      return { meta: { index, lastContactMs, knownLeader }, chunks };
    } catch (error) {
      snapshot.release();
      throw error;
    }
  }

  /**
   * Verifies the archive to its end, then brings it through the log in pieces, which every server puts together beside its
   * state and swaps in at one and the same index: nothing can be half restored, whoever fails meanwhile. Writes that come in between
   * are overwritten. Resolves when it is the state of this server and of a quorum.
   */
  async restore({ body }: Streams["Snapshot.Restore"]["request"]): Promise<void> {
    await this.#reads.asLeader(true);
    const { platform, logger } = this.#context;
    const id = newUuid(platform.random);
    await platform.files.makeFolder(this.#spoolFolder);
    await using archive = await readArchive(body, { files: platform.files, spoolPath: `${this.#spoolFolder}/restore-${id}` });
    refuseForeignState(archive.header);
    logger.warn("Restoring a snapshot", { id: archive.header.id, index: archive.header.index, bytes: archive.header.sizeBytes });
    await this.#bring(id, archive.chunks());
    logger.info("Snapshot restored", { id: archive.header.id });
  }

  async #bring(id: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      done(await propose(this.#context, "restore", { step: "begin", id }));
      const under: Promise<void>[] = [];
      let number = 0;
      for await (const bytes of inPieces(chunks)) {
        const piece = propose(this.#context, "restore", { step: "chunk", id, number, bytes }).then((outcome) => void done(outcome));
        // A failure is met when its turn comes; until then it must not count as unhandled.
        piece.catch(() => undefined);
        under.push(piece);
        number++;
        if (under.length >= restoreAhead) await under.shift();
      }
      await Promise.all(under);
      done(await propose(this.#context, "restore", { step: "commit", id, chunks: number }));
    } catch (error) {
      await propose(this.#context, "restore", { step: "abort", id }).catch(() => undefined); // the next leader ends it, then
      throw error instanceof KvorumError && error.code === "not-leader"
        ? new KvorumError("leadership-lost", `Restore was broken off: ${error.message}`)
        : error;
    }
  }
}

/** A leader that fails leaves its restore half done: the next one forgets it. */
export async function endAbandonedRestore(context: ServerContext): Promise<void> {
  const id = context.state.restoring;
  if (id === undefined) return;
  context.logger.warn("Ending a restore that a former leader left half done", { id });
  await propose(context, "restore", { step: "abort", id }).catch((error: unknown) => context.logger.warn("Restore not ended", { error: messageOf(error) }));
}

/** Chunk by chunk, and others have their turn in between. */
async function* inTurns(snapshot: StateSnapshot, clock: Clock): AsyncGenerator<Uint8Array> {
  for (const chunk of snapshot.chunks()) {
    yield chunk;
    await new Promise<void>((resolve) => clock.soon(resolve));
  }
}

/** The same bytes in pieces that fit one log entry each. */
async function* inPieces(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let gathered: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.byteLength; ) {
      const part = chunk.subarray(at, at + restorePieceBytes - size);
      gathered.push(part);
      size += part.byteLength;
      at += part.byteLength;
      if (size < restorePieceBytes) continue;
      yield Buffer.concat(gathered, size);
      gathered = [];
      size = 0;
    }
  }
  if (size > 0) yield Buffer.concat(gathered, size);
}

async function* releasing(chunks: AsyncIterable<Uint8Array>, snapshot: StateSnapshot): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } finally {
    snapshot.release();
  }
}
