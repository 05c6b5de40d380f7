import { asNodeId, type NodeId } from "../base/ids.ts";
import { maxAddresses } from "./limits.ts";

/** How an address became known; a later one in this list is believed before an earlier one. `member`: the pool of members says so. */
export type AddressSource = "configured" | "hearsay" | "member" | "announced";

type Known = Partial<Record<AddressSource, string>>;

/**
 * Where each server can be called. Who a server is and where it is are kept apart, so that a cluster whose addresses
 * all changed finds itself again: each server announces its address in the handshake, and tells others what was
 * announced to it.
 */
export class AddressBook {
  readonly #known = new Map<NodeId, Known>();

  /** Empty addresses are not noted. */
  note(id: NodeId, address: string, source: AddressSource): void {
    if (address === "") return;
    let entry = this.#known.get(id);
    if (entry === undefined) {
      if (this.#known.size >= maxAddresses) return;
      entry = {};
      this.#known.set(id, entry);
    }
    entry[source] = address;
  }

  /** Where to try, best first, without repetition. */
  addresses(id: NodeId): readonly string[] {
    const entry = this.#known.get(id);
    return [...new Set([entry?.announced, entry?.member, entry?.hearsay, entry?.configured])].filter((address) => address !== undefined);
  }

  announced(id: NodeId): string | undefined {
    return this.#known.get(id)?.announced;
  }

  /** Whether this server was told of it by its own configuration, raft's, or the pool of members. */
  configured(id: NodeId): boolean {
    const entry = this.#known.get(id);
    return entry?.configured !== undefined || entry?.member !== undefined;
  }

  forget(id: NodeId): void {
    this.#known.delete(id);
  }

  /** What others may be told: id and address of those who announced themselves here. */
  hearsay(): readonly (readonly [string, string])[] {
    const told: (readonly [string, string])[] = [];
    for (const [id, entry] of this.#known) if (entry.announced !== undefined) told.push([id, entry.announced]);
    return told;
  }

  /** Takes what another server tells; anything that is not of that form is passed over. */
  hear(entries: unknown): readonly NodeId[] {
    const heard: NodeId[] = [];
    if (!Array.isArray(entries)) return heard;
    for (const entry of (entries as readonly unknown[]).slice(0, maxAddresses)) {
      if (!Array.isArray(entry)) continue;
      const [id, address] = entry as readonly unknown[];
      if (typeof id !== "string" || id === "" || typeof address !== "string") continue;
      this.note(asNodeId(id), address, "hearsay");
      heard.push(asNodeId(id));
    }
    return heard;
  }
}
