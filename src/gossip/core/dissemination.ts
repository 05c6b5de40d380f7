import { type MemberRow, sameAddress } from "./members.ts";
import type { Shared } from "./shared.ts";
import type { Address } from "./types.ts";

/** memberlist's version from which on datagrams carry a checksum. */
const CRC_VERSION = 5;
/** What a compound costs besides its parts, and each part. */
const COMPOUND_BYTES = 2;
const PART_BYTES = 2;
/** Between two rounds of gossip of one that is about to go. */
const HURRIED_INTERVAL_MS = 50;
/** A compound holds no more: real readers mis-split larger ones. */
const MAX_PARTS = 127;

/** Gossip: a few random members hear what is new, every interval; and every probe carries what fits. SWIM §4.1. */
export class Dissemination {
  readonly #shared: Shared;
  #gossipAtMs: number;
  #intervalMs: number;

  constructor(shared: Shared) {
    this.#shared = shared;
    this.#intervalMs = shared.options.timing.gossipIntervalMs;
    this.#gossipAtMs = shared.nowMs + 1 + shared.options.random(shared.options.timing.gossipIntervalMs);
  }

  get dueMs(): number {
    return this.#gossipAtMs;
  }

  /** Goes on in short rounds: who leaves tells it soon, and then waits for the others to tell each other. */
  hurry(): void {
    this.#intervalMs = Math.min(this.#intervalMs, HURRIED_INTERVAL_MS);
    this.#gossipAtMs = Math.min(this.#gossipAtMs, this.#shared.nowMs + this.#intervalMs);
  }

  tick(): void {
    const { nowMs, options, members, self } = this.#shared;
    if (nowMs < this.#gossipAtMs) return;
    this.#gossipAtMs = nowMs + this.#intervalMs;
    const hears = (row: MemberRow): boolean =>
      row !== self && (row.state === "alive" || row.state === "suspect" || (row.state === "dead" && nowMs - row.sinceMs <= options.timing.gossipToTheDeadMs));
    for (const row of members.sample(options.timing.gossipNodes, hears)) {
      const messages = this.#broadcasts(options.timing.datagramBytes - COMPOUND_BYTES);
      if (messages.length === 0) return;
      this.#shared.effects.push({ kind: "send", to: { ip: row.ip, port: row.port }, messages, crc: (row.versions?.[1] ?? 0) >= CRC_VERSION });
    }
  }

  /**
   * Sends messages, and in the room beside them what is to be told anyway; but only to whom we know by `name` at that very address:
   * a stranger who pings under made-up addresses would otherwise use up what is told only so many times.
   */
  send(to: Address, messages: readonly Uint8Array[], options: { readonly name: string; readonly crc?: boolean }): void {
    const known = this.#shared.members.get(options.name);
    const crc = options.crc ?? false;
    if (known === undefined || !sameAddress(known, to)) return void this.#shared.effects.push({ kind: "send", to, messages, crc });
    const used = messages.reduce((sum, message) => sum + message.length + PART_BYTES, COMPOUND_BYTES);
    const told = this.#broadcasts(this.#shared.options.timing.datagramBytes - used);
    this.#shared.effects.push({ kind: "send", to, messages: [...messages, ...told], crc });
  }

  #broadcasts(roomBytes: number): readonly Uint8Array[] {
    const { queue, options } = this.#shared;
    const room = roomBytes - options.reservedBytes();
    const own = queue.take(room);
    const left = room - own.reduce((sum, message) => sum + message.length + PART_BYTES, 0);
    return [...own, ...options.moreBroadcasts(left)].slice(0, MAX_PARTS - 2);
  }
}
