import type { ReadMeta } from "../model/index.ts";

/** Bytes that flow while they are made. */
export interface Flow {
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Text that comes when it comes; `write` says false when the client does not keep up and the text was dropped. */
export interface Live {
  listen(write: (text: string) => boolean): Disposable;
}

export type Body = undefined | string | Uint8Array | Flow | Live;

/** What a route gives back: a value, which either door sends. */
export interface Answer {
  readonly status: number;
  /** Empty: no such header. */
  readonly contentType: string;
  /** Further headers, name and value in turn. */
  readonly headers: readonly string[];
  /** `undefined` is no body at all, which unlike an empty one is never compressed. */
  readonly body: Body;
  /** Compact JSON, to be laid out when the request asks for that. */
  readonly json: boolean;
}

export const NO_HEADERS: readonly string[] = [];
const JSON_TYPE = "application/json";
const TEXT_TYPE = "text/plain; charset=utf-8";

/** Compact JSON text as an answer of status 200. */
export function jsonAnswer(text: string, headers: readonly string[] = NO_HEADERS, status = 200): Answer {
  return { status, contentType: JSON_TYPE, headers, body: text, json: true };
}

export const TRUE = jsonAnswer("true");
export const FALSE = jsonAnswer("false");

export function plainAnswer(status: number, text: string, headers: readonly string[] = NO_HEADERS): Answer {
  return { status, contentType: TEXT_TYPE, headers, body: text, json: false };
}

export function emptyAnswer(status: number, headers: readonly string[] = NO_HEADERS): Answer {
  return { status, contentType: "", headers, body: undefined, json: false };
}

export function bytesAnswer(contentType: string, body: Uint8Array | Flow | Live | string, headers: readonly string[] = NO_HEADERS): Answer {
  return { status: 200, contentType, headers, body, json: false };
}

/** A text of a client's as a header's value: node:http throws at what no value may have. A blank for a line end, as in Go, and for what else controls. */
export function headerText(text: string): string {
  return text
    .replace(/[^\t\x20-\x7e\x80-\u{10ffff}]/gu, " ")
    .replace(/[^ -\xff\t]/gu, "?")
    .trim();
}

/** The three headers of every read. Consul never says index 0: clients would take it for "no index". */
export function metaHeaders(meta: ReadMeta): string[] {
  return [
    "X-Consul-Index",
    meta.index === 0 ? "1" : String(meta.index),
    "X-Consul-Knownleader",
    meta.knownLeader ? "true" : "false",
    "X-Consul-Lastcontact",
    meta.lastContactMs === 0 ? "0" : String(Math.trunc(meta.lastContactMs)),
  ];
}
