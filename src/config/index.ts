export { buildConfig, type Host } from "./build.ts";
export { ConfigError } from "./decode.ts";
export { AGENT_FLAGS, type AgentFlag, type AgentFlagKind, type FlagValues } from "./flags.ts";
export { parseHcl } from "./hcl/parser.ts";
export type { ListInterfaces, NetInterface } from "./interfaces.ts";
export { inNetwork, ipFamily, joinHostPort } from "./ip.ts";
export { type ConfigFiles, type LoadRequest, loadConfig, loadDefinitions, parseSource } from "./load.ts";
export type * from "./runtime.ts";
export { fillAddress } from "./sockaddr/template.ts";
