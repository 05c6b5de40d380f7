import type { ErrorCode } from "../../base/errors.ts";
import { asIndex, type Index, type NodeId } from "../../base/ids.ts";
import { MAX_SERVERS } from "./limits.ts";
import type { Configuration, Entry, MembershipChange, ServerEntry, SnapshotMeta } from "./types.ts";

interface Placed {
  readonly index: Index;
  readonly configuration: Configuration;
}

export const NO_SERVERS: Configuration = { servers: [] };

/** The configurations that log and snapshot hold. The newest one is in force, committed or not. Thesis §4.1. */
export class ConfigurationHistory {
  /** In order of index; the first one stands for the snapshot (or for nothing, at index 0). */
  #placed: Placed[];

  constructor(snapshot: SnapshotMeta | undefined, entries: readonly Entry[]) {
    this.#placed = [
      snapshot === undefined ? { index: asIndex(0), configuration: NO_SERVERS } : { index: snapshot.configurationIndex, configuration: snapshot.configuration },
    ];
    this.append(snapshot === undefined ? entries : entries.filter((entry) => entry.index > snapshot.index));
  }

  get current(): Configuration {
    return this.#last().configuration;
  }

  get currentIndex(): Index {
    return this.#last().index;
  }

  /** The one before the current; the same when there is none. */
  get previous(): Configuration {
    return (this.#placed[this.#placed.length - 2] ?? this.#last()).configuration;
  }

  append(entries: readonly Entry[]): void {
    for (let at = 0; at < entries.length; at++) {
      const entry = entries[at] as Entry;
      if (entry.kind === "config") this.#placed.push({ index: entry.index, configuration: entry.configuration });
    }
  }

  /** Raft paper §6 and thesis §4.1: a server goes back to the one before when the entry is removed from its log. */
  truncateFrom(index: number): void {
    while (this.#placed.length > 1 && this.#last().index >= index) this.#placed.pop();
  }

  /** The one that was in force at `index`, for a snapshot there. */
  at(index: Index): Placed {
    let found = this.#placed[0] as Placed;
    for (const placed of this.#placed) if (placed.index <= index) found = placed;
    return found;
  }

  /** Forgets those before the one in force at `index`. */
  compact(index: Index): void {
    const keep = this.#placed.indexOf(this.at(index));
    this.#placed.splice(0, keep);
  }

  reset(snapshot: SnapshotMeta): void {
    this.#placed = [{ index: snapshot.configurationIndex, configuration: snapshot.configuration }];
  }

  find(id: NodeId): ServerEntry | undefined {
    return findServer(this.current, id);
  }

  #last(): Placed {
    return this.#placed[this.#placed.length - 1] as Placed;
  }
}

export function findServer(configuration: Configuration, id: NodeId): ServerEntry | undefined {
  return configuration.servers.find((server) => server.id === id);
}

export function isVoter(configuration: Configuration, id: NodeId): boolean {
  return findServer(configuration, id)?.suffrage === "voter";
}

export function countVoters(configuration: Configuration): number {
  let count = 0;
  for (const server of configuration.servers) if (server.suffrage === "voter") count++;
  return count;
}

/** A configuration of these servers, sorted by id. */
export function configurationOf(servers: Iterable<ServerEntry>): Configuration {
  return { servers: [...servers].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)) };
}

/** What is wrong with a configuration that somebody wants to start with; `undefined` when nothing is. */
export function configurationFault(servers: readonly ServerEntry[]): string | undefined {
  if (servers.length > MAX_SERVERS) return `more than ${MAX_SERVERS} servers`;
  const ids = new Set<string>();
  for (const server of servers) {
    if (server.id === "" || server.address === "") return "a server without id or address";
    if (ids.has(server.id)) return `server "${server.id}" twice`;
    ids.add(server.id);
  }
  return servers.some((server) => server.suffrage === "voter") ? undefined : "no voter";
}

export type PlannedChange =
  | { readonly kind: "change"; readonly configuration: Configuration }
  | { readonly kind: "nothing" }
  | { readonly kind: "refused"; readonly code: ErrorCode; readonly reason: string };

/** The configuration after one change, or why it may not be made. Thesis §4.1, §4.2.1. */
export function planChange(current: Configuration, change: MembershipChange): PlannedChange {
  const known = findServer(current, change.id);
  if (change.kind === "add-learner") return planAdd(current, known, change);
  if (known === undefined) return { kind: "refused", code: "not-found", reason: `Cannot ${change.kind} server "${change.id}": it is not a member` };
  const suffrage = change.kind === "promote" ? "voter" : change.kind === "demote" ? "learner" : undefined;
  if (known.suffrage === suffrage) return { kind: "nothing" };
  const others = current.servers.filter((server) => server !== known);
  if (suffrage !== "voter" && known.suffrage === "voter" && !others.some((server) => server.suffrage === "voter")) {
    return { kind: "refused", code: "conflict", reason: `Cannot ${change.kind} server "${change.id}": it is the last voter` };
  }
  return { kind: "change", configuration: suffrage === undefined ? { servers: others } : configurationOf([...others, { ...known, suffrage }]) };
}

function planAdd(current: Configuration, known: ServerEntry | undefined, change: MembershipChange & { readonly kind: "add-learner" }): PlannedChange {
  const { id, address, name } = change;
  if (known?.address === address && known.name === name) return { kind: "nothing" };
  if (known === undefined && current.servers.length >= MAX_SERVERS) {
    return { kind: "refused", code: "conflict", reason: `Cannot add server "${id}": there are ${MAX_SERVERS} already` };
  }
  const added: ServerEntry = { id, address, name, suffrage: known?.suffrage ?? "learner" };
  return { kind: "change", configuration: configurationOf([...current.servers.filter((server) => server !== known), added]) };
}
