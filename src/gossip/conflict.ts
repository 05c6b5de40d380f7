import type { Address } from "./core/index.ts";
import { CONFLICT_QUERY } from "./internal-queries.ts";
import type { QueryBook } from "./queries.ts";
import { WireError } from "./wire/error.ts";
import { decodeSerf } from "./wire/serf.ts";

/** Asks the pool where it sees this node's name. False when most of those who answer see another address: then the name is not ours. */
export async function keepsName(book: QueryBook, name: string, own: Address): Promise<boolean> {
  let answers = 0;
  let ours = 0;
  using run = book.ask({ name: CONFLICT_QUERY, payload: Buffer.from(name) });
  for await (const { ack, payload } of run) {
    if (ack) continue;
    const seen = addressIn(payload);
    if (seen === undefined) continue;
    answers++;
    if (seen.port === own.port && Buffer.from(seen.ip).equals(own.ip)) ours++;
  }
  return answers === 0 || ours >= Math.floor(answers / 2) + 1;
}

function addressIn(payload: Uint8Array): Address | undefined {
  try {
    const message = decodeSerf(payload);
    if (message.kind !== "conflict" || message.member === undefined) return undefined;
    return { ip: message.member.addr ?? new Uint8Array(), port: message.member.port };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return undefined;
  }
}
