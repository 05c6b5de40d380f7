import type { RuntimeConfig } from "../config/index.ts";
import type { HttpConfig } from "../http/index.ts";
import { consulVersion } from "./version.ts";

/** The HTTP room's part of the configuration. */
export function httpConfig(config: RuntimeConfig): HttpConfig {
  return {
    datacenter: config.datacenter,
    nodeName: config.nodeName,
    version: consulVersion,
    ui: config.ui.enabled,
    uiContentPath: config.ui.contentPath,
    alwaysPretty: config.devMode,
    responseHeaders: config.http.responseHeaders,
    blockEndpoints: config.http.blockEndpoints,
    allowWriteHttpFrom: config.http.allowWriteHttpFrom,
    maxConnsPerClient: config.limits.httpMaxConnsPerClient,
    kvMaxValueBytes: config.limits.kvMaxValueBytes,
    txnMaxBytes: config.limits.txnMaxReqBytes,
    defaultQueryTimeMs: config.defaultQueryTimeMs,
    maxQueryTimeMs: config.maxQueryTimeMs,
    disableUnprintableCharFilter: config.http.disableUnprintableCharFilter,
    translateWanAddrs: config.dns.translateWanAddrs,
    discoveryMaxStaleMs: config.discoveryMaxStaleMs,
  };
}
