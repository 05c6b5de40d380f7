import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { KvorumError } from "../base/errors.ts";
import { HOLDER_GRACE_MS, HOLDER_POLL_MS } from "./limits.ts";

const LOCK_NAME = "lock";
/** Two starters may find the same stale lock; a few rounds settle it. */
const ATTEMPTS = 5;

/**
 * Takes a folder for this process by a file `lock` that names it: process id, its start time and the machine's boot id.
 * A holder that was killed leaves the file behind; since its pair of id and start time is gone, the next one takes over.
 *
 * Processes in other pid namespaces (containers that share the folder) look dead from here: they are kept out by the
 * lock that LevelDB itself takes on its files, which the kernel holds.
 */
export async function lockFolder(folder: string): Promise<AsyncDisposable> {
  const path = join(folder, LOCK_NAME);
  const own = await describeProcess(process.pid);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await tryCreate(path, own)) return { [Symbol.asyncDispose]: () => release(path, own) };
    const held = await readText(path);
    if (held === undefined) continue;
    const pid = Number.parseInt(held, 10);
    if (held === own || (await staysAlive(pid, held))) {
      throw new KvorumError("disk", `Cannot lock data directory "${folder}": process ${pid} uses it`);
    }
    await takeAway(path, held);
  }
  throw new KvorumError("disk", `Cannot lock data directory "${folder}": other processes keep taking it`);
}

/** Makes the file with its content in one step, so that nobody reads half of it: a link to a file written before. */
async function tryCreate(path: string, own: string): Promise<boolean> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, own);
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Removes a stale lock. Whoever moved away a fresh one by mistake, because another was faster, puts it back. */
async function takeAway(path: string, stale: string): Promise<void> {
  const moved = `${path}.stale.${process.pid}`;
  try {
    await rename(path, moved);
  } catch {
    return; // another one has moved it: the next attempt sees what is there now
  }
  if ((await readText(moved)) !== stale) await link(moved, path).catch(() => {}); // a third one is there: it will settle with its owner
  await rm(moved, { force: true });
}

async function release(path: string, own: string): Promise<void> {
  if ((await readText(path)) === own) await rm(path, { force: true });
}

/** A process that was killed a moment ago may still be about to end: it is given a little time. */
async function staysAlive(pid: number, held: string): Promise<boolean> {
  for (let waitedMs = 0; await isAlive(pid, held); waitedMs += HOLDER_POLL_MS) {
    if (waitedMs >= HOLDER_GRACE_MS) return true;
    await sleep(HOLDER_POLL_MS);
  }
  return false;
}

async function isAlive(pid: number, held: string): Promise<boolean> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  return (await describeProcess(pid)) === held && !(await isZombie(pid));
}

/** A process that has ended and whose parent has not asked yet: it holds nothing any more. */
async function isZombie(pid: number): Promise<boolean> {
  const status = await readText(`/proc/${pid}/stat`);
  const state = status?.slice(status.lastIndexOf(")") + 2)[0];
  return state === "Z" || state === "X";
}

/** `pid start boot`: start in clock ticks since the boot, both 0 on a system without /proc, where the pid alone must do. */
async function describeProcess(pid: number): Promise<string> {
  const status = await readText(`/proc/${pid}/stat`);
  const boot = await readText("/proc/sys/kernel/random/boot_id");
  // the second field is the program's name in brackets, which may hold anything; the start time is the 20th after it
  const start = status?.slice(status.lastIndexOf(")") + 2).split(" ")[19];
  return `${pid} ${start ?? 0} ${boot?.trim() ?? 0}\n`;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return undefined; // gone, or not to be read: either way there is nothing to learn from it
  }
}
