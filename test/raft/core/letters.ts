import { asIndex, asTerm } from "../../../src/base/ids.ts";
import { DEFAULT_TIMING } from "../../../src/raft/core/index.ts";
import type { RaftMessage } from "../../../src/raft/core/messages.ts";
import type { Entry } from "../../../src/raft/core/types.ts";
import { type Disk, id, type Server, text, voters } from "./server.ts";

const { withholdTicks } = DEFAULT_TIMING;

/** A disk whose log has these terms, from index 1 on; index 1 is the configuration. */
export function diskOf(terms: readonly number[], names: readonly string[], term = terms.at(-1) ?? 0): Disk {
  const entries = terms.map((each, at): Entry => {
    const place = { term: asTerm(each), index: asIndex(at + 1) };
    return at === 0 ? { kind: "config", ...place, configuration: voters(...names) } : { kind: "command", ...place, data: text(`${each}.${at + 1}`) };
  });
  return { hardState: { term: asTerm(term), votedFor: undefined }, snapshot: undefined, entries };
}

export function termsOf(server: Server): number[] {
  const terms: number[] = [];
  for (let index = server.core.firstIndex as number; index <= server.core.lastIndex; index++) terms.push(server.core.entryAt(index)?.term ?? 0);
  return terms;
}

export function receive(server: Server, from: string, message: RaftMessage): readonly { readonly to: string; readonly message: RaftMessage }[] {
  const out = [...server.step({ kind: "receive", from: id(from), message })];
  while (server.writes.length > 0) out.push(...server.sync());
  return out;
}

export function append(term: number, prev: readonly [index: number, term: number], entries: readonly number[], commit = 0): RaftMessage {
  const [prevIndex, prevTerm] = prev;
  return {
    kind: "append",
    term: asTerm(term),
    prevIndex: asIndex(prevIndex),
    prevTerm: asTerm(prevTerm),
    commit: asIndex(commit),
    entries: entries.map((each, at) => ({ kind: "command", term: asTerm(each), index: asIndex(prevIndex + 1 + at), data: text("x") })),
  };
}

export const voteRequest = (term: number, last: readonly [index: number, term: number], extra: { pre?: boolean; force?: boolean } = {}): RaftMessage => ({
  kind: "vote-request",
  term: asTerm(term),
  pre: false,
  force: false,
  lastIndex: asIndex(last[0]),
  lastTerm: asTerm(last[1]),
  ...extra,
});

export function grants(answers: readonly ({ readonly message: RaftMessage } | undefined)[]): boolean {
  const message = answers[0]?.message;
  return message?.kind === "vote-response" && message.granted;
}

export function silent(server: Server): Server {
  for (let n = 0; n < withholdTicks; n++) server.step({ kind: "tick", elapsed: 1 });
  return server;
}
