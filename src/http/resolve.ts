import type { ByteString } from "../base/byte-string.ts";
import { cleanPath, escapePath, isPrintable, parseTarget } from "./path.ts";
import type { Endpoint, RouteTable } from "./table.ts";

/** What a request line leads to, before anything is done for it. */
export type Resolved =
  /** Not to be understood: Go's server refuses it and ends the connection. */
  | { readonly kind: "malformed" }
  /** Control characters in the path: an empty 400. */
  | { readonly kind: "unprintable" }
  | { readonly kind: "moved"; readonly location: string }
  | { readonly kind: "endpoint"; readonly endpoint: Endpoint; readonly path: ByteString; readonly rest: ByteString; readonly rawQuery: string }
  /** No route of the API. */
  | { readonly kind: "other"; readonly path: ByteString };

const MALFORMED: Resolved = { kind: "malformed" };
const UNPRINTABLE: Resolved = { kind: "unprintable" };

/** Finds out where a request's target leads, as Go's `ServeMux` with Consul's filter in front of it does. Both doors begin here. */
export function resolve(url: string, table: RouteTable, allowUnprintable: boolean): Resolved {
  const target = parseTarget(url);
  if (target === undefined) return MALFORMED;
  if (!allowUnprintable && !isPrintable(target.path)) return UNPRINTABLE;
  const path = cleanPath(target.path);
  const found = table.find(path);
  const query = target.query === "" ? "" : `?${target.query}`;
  if (found?.kind === "slash") return { kind: "moved", location: `${escapePath(path)}/${query}` };
  if (path !== target.path) return { kind: "moved", location: `${target.origin}${escapePath(path)}${query}` };
  if (found === undefined) return { kind: "other", path };
  const { endpoint } = found;
  const rest = (endpoint.subtree ? path.slice(endpoint.pattern.length) : "") as ByteString; // a part of a byte string
  return { kind: "endpoint", endpoint, path, rest, rawQuery: target.query };
}
