import { assert } from "../base/assert.ts";
import type { Route } from "./route.ts";

/** All routes of one path. */
export interface Endpoint {
  /** `/v1/status/leader`, or `/v1/kv/` for all paths that begin so. */
  readonly pattern: string;
  readonly subtree: boolean;
  readonly byMethod: ReadonlyMap<string, Route>;
  /** Takes every method that has no route of its own. */
  readonly otherwise: Route | undefined;
  /** `OPTIONS,GET,PUT`: as the `Allow` header has it. */
  readonly allow: string;
}

/** What a path leads to: an endpoint, the same path with a slash behind it, or nothing. */
export type Found = { readonly kind: "endpoint"; readonly endpoint: Endpoint } | { readonly kind: "slash" } | undefined;

/** Finds endpoints by decoded, cleaned path, the way Go's `ServeMux` does: exact paths first, then the longest subtree. */
export class RouteTable {
  readonly endpoints: readonly Endpoint[];
  readonly #exact = new Map<string, Found>();
  readonly #subtrees = new Map<string, Found>();
  /** Subtrees below which there is no other: the search ends there. */
  readonly #leaves = new Set<string>();
  readonly #maxSlashes: number;

  constructor(routes: readonly Route[]) {
    const byPattern = new Map<string, Route[]>();
    for (const route of routes) {
      const pattern = patternOf(route);
      const same = byPattern.get(pattern) ?? [];
      assert(!same.some((other) => other.method === route.method), `one route for ${route.method} ${route.path}`);
      byPattern.set(pattern, [...same, route]);
    }
    this.endpoints = [...byPattern].map(([pattern, same]) => endpointOf(pattern, same));
    for (const endpoint of this.endpoints) {
      const found: Found = { kind: "endpoint", endpoint };
      if (endpoint.subtree) this.#subtrees.set(endpoint.pattern, found);
      else this.#exact.set(endpoint.pattern, found);
    }
    const subtrees = [...this.#subtrees.keys()];
    for (const pattern of subtrees) if (!subtrees.some((other) => other !== pattern && other.startsWith(pattern))) this.#leaves.add(pattern);
    for (const pattern of subtrees) {
      const bare = pattern.slice(0, -1);
      if (!this.#exact.has(bare)) this.#exact.set(bare, { kind: "slash" });
    }
    this.#maxSlashes = Math.max(0, ...subtrees.map((pattern) => pattern.split("/").length - 1));
  }

  find(path: string): Found {
    return this.#exact.get(path) ?? this.#longestSubtree(path);
  }

  #longestSubtree(path: string): Found {
    let best: Found;
    let slash = path.indexOf("/", 1);
    for (let count = 2; slash !== -1 && count <= this.#maxSlashes; count++) {
      const prefix = path.slice(0, slash + 1);
      const found = this.#subtrees.get(prefix);
      if (found !== undefined) {
        best = found;
        if (this.#leaves.has(prefix)) return best;
      }
      slash = path.indexOf("/", slash + 1);
    }
    return best;
  }
}

function patternOf(route: Route): string {
  const star = route.path.indexOf("*");
  return star === -1 ? route.path : route.path.slice(0, star);
}

function endpointOf(pattern: string, routes: readonly Route[]): Endpoint {
  const named = routes.filter((route) => route.method !== "*" && route.method !== "OPTIONS");
  return {
    pattern,
    subtree: routes.some((route) => route.path.includes("*")),
    byMethod: new Map(routes.filter((route) => route.method !== "*").map((route) => [route.method, route])),
    otherwise: routes.find((route) => route.method === "*"),
    allow: ["OPTIONS", ...named.map((route) => route.method)].join(","),
  };
}
