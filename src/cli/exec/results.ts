import { formatDurationMs } from "../../base/duration.ts";
import type { KvClient } from "../../client/index.ts";

/** What a node has told of a job. */
export type Result =
  | { readonly kind: "ack" | "heartbeat"; readonly node: string }
  | { readonly kind: "output"; readonly node: string; readonly text: Buffer }
  | { readonly kind: "exit"; readonly node: string; readonly code: number };

const KEY = /^(.+)\/(ack|exit|out\/[0-9a-f]+)$/;

/** What nodes tell of a job, as it comes: keys below its folder, each read once. Ends, or rejects, when the signal is given. */
export async function* jobResults(
  kv: KvClient,
  { folder, waitMs, signal }: { readonly folder: string; readonly waitMs: number; readonly signal: AbortSignal },
): AsyncGenerator<Result, void, void> {
  const seen = new Set<string>();
  let index: string | undefined;
  while (!signal.aborted) {
    const { value: keys, index: newest } = await kv.keys(folder, "", { wait: formatDurationMs(waitMs), signal, ...(index === undefined ? {} : { index }) });
    if (newest === index) continue;
    index = newest;
    for (const key of keys) {
      if (seen.has(key)) continue;
      seen.add(key);
      const [, node, what] = KEY.exec(key.slice(folder.length)) ?? [];
      if (node === undefined || what === undefined) continue; // the job itself
      const result = what === "ack" ? ({ kind: "ack", node } as const) : await read(kv, { key, node, what, signal });
      if (result !== undefined) yield result;
    }
  }
}

async function read(
  kv: KvClient,
  { key, node, what, signal }: { readonly key: string; readonly node: string; readonly what: string; readonly signal: AbortSignal },
): Promise<Result | undefined> {
  const { value } = await kv.get(key, { signal });
  if (value === undefined) return undefined; // gone with its session
  const bytes = value.value;
  if (what === "exit") return { kind: "exit", node, code: Number(bytes.toString("latin1")) };
  return bytes.length === 0 ? { kind: "heartbeat", node } : { kind: "output", node, text: bytes };
}
