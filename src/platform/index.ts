export { formatAddress, type HostPort, parseAddress } from "./address.ts";
export { realClock } from "./clock.ts";
export { codeOf, dialFault } from "./go-faults.ts";
export { httpDate } from "./http-date.ts";
export { formatLogJson, formatLogLine, levelReaches } from "./log-format.ts";
export type * from "./outside-ports.ts";
export { pause } from "./pause.ts";
export type * from "./ports.ts";
export { type RealPlatform, type RealPlatformOptions, realPlatform } from "./real.ts";
