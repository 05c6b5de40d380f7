/**
 * The rooms below src/ and whom each may import: down only, never in a circle. What an upper room must hand down goes through a port,
 * an interface in the lower room that `node` fills in. Across rooms one imports `room/index.ts`; `base` is imported by file.
 */
export const ARROWS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  platform: ["base"],
  model: ["base"],
  config: ["base", "platform", "model"],
  archive: ["base", "platform"],
  "watch/core": ["base"],
  watch: ["base", "platform", "watch/core"],
  "raft/core": ["base"],
  "gossip/core": ["base"],
  state: ["base", "model"],
  filter: ["base", "model"],
  raft: ["base", "platform", "raft/core"],
  gossip: ["base", "platform", "model", "gossip/core"],
  rpc: ["base", "platform", "model"],
  storage: ["base", "platform", "raft/core", "raft"],
  server: ["base", "platform", "model", "state", "filter", "raft", "rpc", "archive"],
  agent: ["base", "platform", "model", "filter", "gossip"],
  http: ["base", "platform", "model"],
  dns: ["base", "platform", "model"],
  client: ["base", "model"],
  node: [
    "base",
    "platform",
    "model",
    "config",
    "archive",
    "state",
    "filter",
    "raft/core",
    "raft",
    "gossip/core",
    "gossip",
    "rpc",
    "storage",
    "server",
    "agent",
    "http",
    "dns",
    "client",
    "watch",
  ],
  cli: ["base", "platform", "model", "client", "watch", "config", "archive", "node"],
};

/** Rooms that see no world at all: no package, no `node:` module, no clock, no chance. */
export const PURE: readonly string[] = ["model", "raft/core", "gossip/core", "state", "filter", "watch/core"];

/** The room that owns a path below the root of the project; `undefined` outside src/. */
export function roomOf(path: string): string | undefined {
  if (!path.startsWith("src/")) return undefined;
  const below = path.slice("src/".length);
  const rooms = Object.keys(ARROWS).filter((room) => below.startsWith(`${room}/`));
  return rooms.sort((a, b) => b.length - a.length)[0];
}
