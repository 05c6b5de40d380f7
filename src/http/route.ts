import type { Soon } from "../base/later.ts";
import type { Logger } from "../platform/index.ts";
import type { Answer } from "./answer.ts";
import type { Call } from "./call.ts";
import type { HttpConfig, HttpOptions } from "./ports.ts";

/** What routes may ask: the store through the backend, the agent through its port. */
export type World = Pick<HttpOptions, "backend" | "agent" | "cache" | "config" | "platform"> & {
  readonly log: Logger;
  /** The table itself, for the route that describes it. */
  readonly routes: readonly Route[];
};

/** How a parameter is written: `presence` counts by being there, whatever its value. */
export type ParameterKind = "text" | "integer" | "boolean" | "presence" | "duration";

/** A parameter that a route reads. */
export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly kind: ParameterKind;
  readonly about: string;
}

/** How a route takes the body of a request. */
export type BodyRule =
  /** Read and thrown away. */
  | { readonly kind: "none" }
  /** Collected. A longer one is refused with 413 and `tooLarge`; `announced` bounds the Content-Length, `collected` what came without one. */
  | {
      readonly kind: "collect";
      readonly type: "application/json" | "application/octet-stream";
      readonly about: string;
      readonly limit: (config: HttpConfig) => { readonly announced: number; readonly collected: number };
      readonly tooLarge: (size: number, limit: number) => string;
    }
  /** Left to the route, which reads `call.stream`. */
  | { readonly kind: "stream"; readonly about: string };

/** What may come back: statuses with what they mean; `json` names a shape. */
export type Answers = Readonly<Record<number, string>>;

/**
 * A route: parse, ask the backend, shape. It writes no header and knows no socket.
 *
 * `path` is exact, or ends in `/*name`: then everything behind that slash is the parameter `name`, which may be empty.
 */
export interface Route {
  readonly method: "GET" | "PUT" | "POST" | "DELETE" | "OPTIONS" | "*";
  readonly path: `/v1/${string}` | `/debug/${string}`;
  readonly about: string;
  readonly parameters: readonly Parameter[];
  readonly body: BodyRule;
  readonly answers: Answers;
  /** Throws `KvorumError`s, which `errors.ts` turns into answers. */
  readonly handle: (call: Call, world: World) => Soon<Answer>;
}

export const NO_BODY: BodyRule = { kind: "none" };

/** A parameter of the query. */
export function asked(name: string, kind: ParameterKind, about: string): Parameter {
  return { name, in: "query", kind, about };
}

/** The parameter at the end of a path. */
export function pathPart(name: string, about: string): Parameter {
  return { name, in: "path", kind: "text", about };
}
