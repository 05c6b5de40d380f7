export * from "./consul/index.ts";
export {
  type Coordinate,
  DEV,
  defaultQueryTimeoutMs,
  distanceSeconds,
  LAN,
  LOCAL,
  type QueryFilter,
  type SerfStatus,
  type Timing,
  WAN,
} from "./core/index.ts";
export { decodeGossipKey, readKeyringFile, startingKeys } from "./keyring-file.ts";
export { statusNumber } from "./members.ts";
export { type TimingOverrides, withOverrides } from "./overrides.ts";
export { startGossip } from "./start.ts";
export type * from "./types.ts";
