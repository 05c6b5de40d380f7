/** What happens to a session's locks when it ends. */
export type SessionBehavior = "release" | "delete";

/** A session. Consul api-docs, sessions. */
export interface Session {
  readonly id: string;
  readonly name: string;
  readonly node: string;
  /** Nanoseconds, as the API gives it; 60 s at most. */
  readonly lockDelayNs: number;
  readonly behavior: SessionBehavior;
  /** As it was given, a Go duration; empty: no TTL. */
  readonly ttl: string;
  readonly nodeChecks: readonly string[];
  readonly serviceChecks: readonly { readonly id: string; readonly namespace: string }[] | undefined;
  /** The list of old clients: bound to like `nodeChecks`, shown only when it was given. */
  readonly checks?: readonly string[];
  readonly createIndex: number;
  readonly modifyIndex: number;
}
