import { join } from "node:path";

export type PoolKind = "lan" | "wan";

/** Where an agent keeps what it knows of a pool, below its data directory, under Consul's names. */
export function poolFiles(dataDir: string, kind: PoolKind): { readonly snapshot: string; readonly keyring: string } {
  const name = kind === "lan" ? "local" : "remote";
  return { snapshot: join(dataDir, "serf", `${name}.snapshot`), keyring: join(dataDir, "serf", `${name}.keyring`) };
}
