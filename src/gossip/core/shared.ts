import type { Awareness } from "./awareness.ts";
import type { BroadcastQueue } from "./broadcasts.ts";
import type { MemberRow, MemberTable } from "./members.ts";
import type { GossipEffect, GossipOptions } from "./types.ts";

/** What the parts of one core share. */
export interface Shared {
  readonly options: GossipOptions;
  readonly members: MemberTable;
  readonly self: MemberRow;
  readonly queue: BroadcastQueue;
  readonly awareness: Awareness;
  nowMs: number;
  leaving: boolean;
  /** Messages about members that were no news: told again, overtaken, or replayed. */
  old: number;
  effects: GossipEffect[];
}
