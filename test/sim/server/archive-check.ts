import { byteStringToUtf8, EMPTY_BYTES } from "../../../src/base/byte-string.ts";
import type { Backend } from "../../../src/model/index.ts";
import { type Answer, ask } from "../ask.ts";
import type { Scheduler } from "../engine/scheduler.ts";
import type { Site } from "./store-client.ts";
import { reading, WRITE } from "./store-client.ts";
import { LOCK_KEYS } from "./workload.ts";

const WITHIN_MS = 10_000;

/** Saves the store at one server, changes it, restores it at another: it must be as it was saved. In calm weather. */
export async function checkArchive(scheduler: Scheduler, at: { readonly save: Site; readonly change: Site; readonly restore: Site }): Promise<void> {
  const before = await list(scheduler, at.save);
  const archive = await calmly(scheduler, at.save, "save", async (backend) => {
    const flow = await backend.saveSnapshot({ options: reading({}) });
    const chunks: Uint8Array[] = [];
    for await (const chunk of flow.chunks) chunks.push(chunk);
    return Buffer.concat(chunks);
  });
  await calmly(scheduler, at.change, "change", (backend) => backend.call("KV.Apply", { write: { verb: "delete-tree", prefix: EMPTY_BYTES }, options: WRITE }));
  await calmly(scheduler, at.restore, "restore", (backend) => backend.restoreSnapshot({ options: WRITE, body: inPieces(archive) }));
  const after = await list(scheduler, at.restore);
  if (before !== after) scheduler.fail("snapshot", `saved at ${at.save.name}, restored at ${at.restore.name}: ${before} became ${after}`);
}

/** All keys but locks, which change by themselves when their sessions run out. */
function list(scheduler: Scheduler, site: Site): Promise<string> {
  return calmly(scheduler, site, "list", async (backend) => {
    const { value } = await backend.call("KV.List", { prefix: EMPTY_BYTES, options: reading({ consistency: "consistent" }) });
    const still = value.filter(({ key }) => !LOCK_KEYS.some((lock) => lock === byteStringToUtf8(key)));
    return still.map(({ key, value: bytes, modifyIndex }) => `${byteStringToUtf8(key)}=${byteStringToUtf8(bytes)}@${modifyIndex}`).join(" ");
  });
}

/** What must be answered, with virtual time passing meanwhile. Rejects with the failure when it is not. */
async function calmly<T>(scheduler: Scheduler, site: Site, what: string, run: (backend: Backend) => Promise<T>): Promise<T> {
  const { backend, process } = site;
  if (backend === undefined) throw new Error(`${site.name} is not ready to ${what}`);
  let answer: Answer<{ readonly done: T }> | undefined;
  const question = { process, latencyMs: 0.2, timeoutMs: WITHIN_MS, run: async () => ({ done: await run(backend) }) };
  void ask(scheduler, question).then((given) => {
    answer = given;
  });
  await scheduler.run(WITHIN_MS + 1, () => answer !== undefined);
  if (answer?.output === undefined) scheduler.fail("snapshot", `${site.name} does not ${what} in calm weather: ${answer?.error?.message ?? "no answer"}`);
  if (answer?.output === undefined) throw scheduler.failure;
  return answer.output.done;
}

async function* inPieces(bytes: Buffer): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000);
}
