export { type Endpoint, parseEndpoint } from "./address.ts";
export { type BlockingRead, readBlocking } from "./blocking.ts";
export { type Answer, type CallOptions, Client, type ClientOptions, type Query, statusError, type TlsWishes } from "./client.ts";
export { clientOptionsOf, type Environment, type TlsFiles, tlsFilesOf, variable } from "./environment.ts";
export { StatusError, TransportError } from "./errors.ts";
export { type Indexed, KvClient, type KvPair, type KvReadOptions, kvPath } from "./kv.ts";
export { createSession, destroySession, renewSession, type SessionRequest } from "./sessions.ts";
