import type { ServerProcess } from "../../test/support/server-process.ts";

/** Most operations that one transaction may have. */
const BATCH = 64;
/** Transactions under way at a time. */
const WRITERS = 8;
const POOL_BYTES = 8192;

/** The name of a key, the same for who writes and who reads. */
export function keyName(folder: string, n: number): string {
  return `bench/${folder}/${String(n).padStart(8, "0")}`;
}

/** Writes keys from 0 on in transactions, with values that do not compress away. Resolves with the seconds it took. */
export async function fill(
  server: ServerProcess,
  folder: string,
  { keys, valueBytes }: { readonly keys: number; readonly valueBytes: number },
): Promise<number> {
  const pool = Buffer.from(crypto.getRandomValues(new Uint8Array(POOL_BYTES)));
  const valueFor = (n: number): string => pool.toString("base64", n % (POOL_BYTES - valueBytes), (n % (POOL_BYTES - valueBytes)) + valueBytes);
  let next = 0;
  const begun = performance.now();
  const writer = async (): Promise<void> => {
    while (next < keys) {
      const first = next;
      next += BATCH;
      const count = Math.min(BATCH, keys - first);
      const body = JSON.stringify(
        Array.from({ length: count }, (_, at) => ({ KV: { Verb: "set", Key: keyName(folder, first + at), Value: valueFor(first + at) } })),
      );
      const answer = await server.api.ask("PUT", "/v1/txn", { body, timeoutMs: 120_000 });
      if (answer.status !== 200) throw new Error(`Transaction: ${answer.status} ${answer.body.toString()}`);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  return (performance.now() - begun) / 1000;
}
