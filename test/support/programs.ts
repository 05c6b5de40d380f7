import { existsSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The executable under test: ours, or another with Consul's command line that KVORUM_TEST_PROGRAM names. */
export const PROGRAM = process.env["KVORUM_TEST_PROGRAM"] ?? join(ROOT, "bin", "kvorum");

/** How a program forms a cluster: `kvorum` by the operator's API, `consul` by its own gossip. */
export type Family = "kvorum" | "consul";

export function familyOf(program: string): Family {
  return basename(realpathSync(program)) === "kvorum" ? "kvorum" : "consul";
}

/** Where scripts/peers puts the real peers. */
const PEERS = process.env["PEERS"] ?? join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "peers");

/** Path of a real peer's program, such as `usr/bin/consul` below the unpacked packages; `undefined` when it is not installed. */
export function peer(path: string): string | undefined {
  const full = join(PEERS, "root", path);
  return existsSync(full) ? full : undefined;
}
