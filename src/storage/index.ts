export { type DataFolder, openDataFolder } from "./data-folder.ts";
export { openMemory } from "./memory.ts";
export { type LevelOptions, openLevel } from "./open-level.ts";
export { configurationOf, forgetPeersFile, type PeersFile, readPeersFile, writePeersInfo } from "./peers-file.ts";
