import type { Index, NodeId, Term } from "../../base/ids.ts";

/** What one place of the log holds. `command` is for the state machine; the others are raft's own. */
export type Entry =
  | { readonly kind: "command"; readonly term: Term; readonly index: Index; readonly data: Uint8Array }
  /** Appended by a new leader, so that entries of older terms commit. Raft paper §8. */
  | { readonly kind: "noop"; readonly term: Term; readonly index: Index }
  /** Takes effect as soon as it is in the log. Thesis §4.1. */
  | { readonly kind: "config"; readonly term: Term; readonly index: Index; readonly configuration: Configuration };

export interface ServerEntry {
  readonly id: NodeId;
  /** `ip:port` of its RPC listener: where it was last known, never who it is. */
  readonly address: string;
  /** Learners get the log and do not vote. Thesis §4.2.1. */
  readonly suffrage: "voter" | "learner";
  /** For people: the node's name. */
  readonly name: string;
}

/** The servers of a cluster, sorted by id. Changes add, remove or alter one server at a time. Thesis §4.1. */
export interface Configuration {
  readonly servers: readonly ServerEntry[];
}

/** What must be on stable storage before a server answers in a term. Raft paper, figure 2. */
export interface HardState {
  readonly term: Term;
  readonly votedFor: NodeId | undefined;
}

/** What a snapshot stands for: everything up to `index`, whose entry had `term`, and the configuration as of there. */
export interface SnapshotMeta {
  readonly index: Index;
  readonly term: Term;
  readonly configuration: Configuration;
  /** The index of the entry that made `configuration`. */
  readonly configurationIndex: Index;
}

export type Role = "follower" | "pre-candidate" | "candidate" | "leader";

/** One change of membership; at most one is under way at a time. Thesis §4.1. */
export type MembershipChange =
  /** Adds a learner, or alters the address or name of a server that is there (its suffrage stays). */
  | { readonly kind: "add-learner"; readonly id: NodeId; readonly address: string; readonly name: string }
  /** Lets a learner vote; refused with code `conflict` while it is further behind than one election timeout's worth. */
  | { readonly kind: "promote"; readonly id: NodeId }
  | { readonly kind: "demote"; readonly id: NodeId }
  | { readonly kind: "remove"; readonly id: NodeId };
