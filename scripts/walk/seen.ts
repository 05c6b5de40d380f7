import type { Answer } from "../../test/support/api.ts";

/** An answer without what may differ between two servers, and the indexes that stood in it. */
export interface Seen {
  readonly text: string;
  readonly indexes: readonly number[];
}

const HEADERS = ["content-type", "x-consul-knownleader", "x-consul-effective-consistency"];
const INDEX = /("(?:Create|Modify)Index": ?|current modify index |index is )(\d+)/g;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** @param address the server's own, which it names itself by */
export function seenOf(answer: Answer, { address, unordered }: { readonly address: string; readonly unordered: boolean }): Seen {
  const shown = answer.headers["x-consul-index"];
  const indexes = typeof shown === "string" ? [Number(shown)] : [];
  const plain = answer.body
    .toString()
    .replaceAll(address, "<address>")
    .replace(UUID, "<uuid>")
    .replace(INDEX, (_, before: string, index: string) => {
      indexes.push(Number(index));
      return `${before}0`;
    });
  const head = `${answer.status} ${HEADERS.map((name) => `${name}=${String(answer.headers[name])}`).join(" ")}`;
  if (!unordered) return { text: `${head}\n${plain}`, indexes };
  return { text: `${head}\n${sorted(plain)}`, indexes: indexes.sort((a, b) => a - b) };
}

function sorted(text: string): string {
  try {
    return JSON.stringify(inOrder(JSON.parse(text)), undefined, 1);
  } catch {
    return text; // an error's text
  }
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, inOrder(member)]),
  );
}

/** Where an index stood, and what both servers gave there. */
export interface IndexPair {
  readonly step: number;
  readonly ours: number;
  readonly theirs: number;
}

/** The first two places whose indexes stand in another order to one another on one side than on the other. */
export function orderFault(pairs: readonly IndexPair[]): readonly [IndexPair, IndexPair] | undefined {
  for (const [at, later] of pairs.entries()) {
    const earlier = pairs.slice(0, at).find((one) => Math.sign(one.ours - later.ours) !== Math.sign(one.theirs - later.theirs));
    if (earlier !== undefined) return [earlier, later];
  }
  return undefined;
}
