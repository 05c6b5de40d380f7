import { asIndex, type Index } from "../base/ids.ts";
import type { Entry } from "../raft/index.ts";
import { SEGMENT_BYTES } from "./limits.ts";
import { encodeSegment } from "./record.ts";

/** Entries that are stored as one value, under the index of the first. */
export interface Segment {
  readonly first: Index;
  /** The checksum of each entry. An entry that was truncated away is no longer here, but still on disk until its segment goes. */
  readonly crcs: number[];
  readonly sizeBytes: number;
}

export function lastOf(segment: Segment): number {
  return segment.first + segment.crcs.length - 1;
}

/** Cuts the entries of a batch into segments of bounded size and encodes them. */
export function* encodeSegments(entries: readonly Entry[], previousCrc: number): Generator<{ readonly segment: Segment; readonly bytes: Buffer }> {
  let crc = previousCrc;
  for (let from = 0; from < entries.length; ) {
    let to = from;
    for (let size = 0; to < entries.length && (to === from || size < SEGMENT_BYTES); to++) size += sizeHint(entries[to]);
    const part = entries.slice(from, to);
    const { bytes, crcs } = encodeSegment(part, crc);
    yield { segment: { first: asIndex(part[0]?.index ?? 0), crcs: [...crcs], sizeBytes: bytes.length }, bytes };
    crc = crcs.at(-1) ?? crc;
    from = to;
  }
}

function sizeHint(entry: Entry | undefined): number {
  return entry?.kind === "command" ? entry.data.length : 0;
}
