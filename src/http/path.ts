import { type ByteString, byteStringToUtf8 } from "../base/byte-string.ts";
import { unescapeBytes } from "./query.ts";

/** The target of a request line, taken apart. */
export interface Target {
  /** `http://host` of an absolute target, otherwise empty. */
  readonly origin: string;
  /** Percent escapes undone. */
  readonly path: ByteString;
  /** As it came. */
  readonly query: string;
}

/** `undefined` when it is no path and no URL, or an escape in the path is broken: what Go's net/http refuses. */
export function parseTarget(raw: string): Target | undefined {
  const origin = raw.startsWith("/") ? "" : originOf(raw);
  if (origin === undefined) return undefined;
  const mark = raw.indexOf("?", origin.length);
  const end = mark === -1 ? raw.length : mark;
  const path = unescapeBytes(raw.slice(origin.length, end), false);
  if (path === undefined) return undefined;
  return { origin, path, query: mark === -1 ? "" : raw.slice(mark + 1) };
}

function originOf(raw: string): string | undefined {
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/?]*/.exec(raw)?.[0];
}

const PLAIN_ASCII = /^[ -~]*$/;
const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;

/** Whether Go's `unicode.IsPrint` holds for all of it; Consul refuses other paths. */
export function isPrintable(path: ByteString): boolean {
  return PLAIN_ASCII.test(path) || !UNPRINTABLE.test(byteStringToUtf8(path));
}

/** What Go's `ServeMux` makes of a path: no `//`, `.` or `..`, one slash in front, a slash at the end where there was one. */
export function cleanPath(path: ByteString): ByteString {
  if (path.startsWith("/") && !path.includes("//") && !path.includes("/.")) return path;
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  const clean = `/${parts.join("/")}`;
  return (path.endsWith("/") && clean !== "/" ? `${clean}/` : clean) as ByteString;
}

/** Escapes a path as Go's `URL.EscapedPath`. */
export function escapePath(path: ByteString): string {
  return path.replace(/[^A-Za-z0-9\-_.~$&+,/:;=@]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}
