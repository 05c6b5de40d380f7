import { assert } from "../../base/assert.ts";
import type { Suspicion } from "./suspicion.ts";
import type { Address, Member, MemberState } from "./types.ts";

/** The one record of a member; only the core writes to it. */
export interface MemberRow {
  readonly name: string;
  ip: Uint8Array;
  port: number;
  meta: Uint8Array | undefined;
  versions: Uint8Array | undefined;
  incarnation: number;
  state: MemberState;
  sinceMs: number;
  suspicion: Suspicion | undefined;
}

/** All known members in the order in which they are probed. Shuffled after each round, so that everybody is probed once a round. SWIM §4.3. */
export class MemberTable {
  readonly #byName = new Map<string, MemberRow>();
  readonly #ring: MemberRow[] = [];
  readonly #suspects = new Set<MemberRow>();
  readonly #random: (below: number) => number;
  #at = 0;
  #alive = 0;

  constructor(random: (below: number) => number) {
    this.#random = random;
  }

  /** Known members, dead and left ones included. */
  get size(): number {
    return this.#ring.length;
  }

  /** Members that are alive or suspect. */
  get aliveCount(): number {
    return this.#alive;
  }

  get suspects(): Iterable<MemberRow> {
    return this.#suspects;
  }

  get(name: string): MemberRow | undefined {
    return this.#byName.get(name);
  }

  rows(): readonly MemberRow[] {
    return this.#ring;
  }

  /** At a random place of the ring, so that a newcomer is not probed by everybody at once. */
  add(row: MemberRow): void {
    assert(!this.#byName.has(row.name), "a member is added once");
    this.#byName.set(row.name, row);
    const at = this.#random(this.#ring.length + 1);
    const displaced = this.#ring[at];
    if (displaced === undefined) this.#ring.push(row);
    else {
      this.#ring.push(displaced);
      this.#ring[at] = row;
    }
    if (isAlive(row.state)) this.#alive++;
  }

  setState(row: MemberRow, state: MemberState, options: { readonly nowMs: number; readonly suspicion?: Suspicion }): void {
    if (isAlive(row.state) !== isAlive(state)) this.#alive += isAlive(state) ? 1 : -1;
    if (row.state !== state) row.sinceMs = options.nowMs;
    row.state = state;
    row.suspicion = options.suspicion;
    if (row.suspicion === undefined) this.#suspects.delete(row);
    else this.#suspects.add(row);
  }

  remove(names: ReadonlySet<string>): void {
    if (names.size === 0) return;
    let kept = 0;
    for (const row of this.#ring) {
      if (!names.has(row.name)) {
        this.#ring[kept++] = row;
        continue;
      }
      this.#byName.delete(row.name);
      this.#suspects.delete(row);
      if (isAlive(row.state)) this.#alive--;
    }
    this.#ring.length = kept;
    this.#at = Math.min(this.#at, kept);
  }

  /** The next member to probe that `fits`; `undefined` when a whole round has none. `atEnd` runs at the end of each round. */
  nextToProbe(fits: (row: MemberRow) => boolean, atEnd: () => void): MemberRow | undefined {
    for (let looked = 0; looked <= this.#ring.length; looked++) {
      if (this.#at >= this.#ring.length) {
        atEnd();
        this.#shuffle();
        this.#at = 0;
      }
      const row = this.#ring[this.#at++];
      if (row !== undefined && fits(row)) return row;
    }
    return undefined;
  }

  /** Up to `count` members that `fit`, by at most 3n draws: fewer may come. */
  sample(count: number, fits: (row: MemberRow) => boolean): readonly MemberRow[] {
    const chosen: MemberRow[] = [];
    for (let draw = 0; draw < 3 * this.#ring.length && chosen.length < count; draw++) {
      const row = this.#ring[this.#random(this.#ring.length)];
      if (row !== undefined && fits(row) && !chosen.includes(row)) chosen.push(row);
    }
    return chosen;
  }

  #shuffle(): void {
    for (let at = this.#ring.length - 1; at > 0; at--) {
      const other = this.#random(at + 1);
      const [a, b] = [this.#ring[at], this.#ring[other]];
      if (a === undefined || b === undefined) continue;
      this.#ring[at] = b;
      this.#ring[other] = a;
    }
  }
}

/** A value that stays as it is whatever happens to the row. */
export function memberOf(row: MemberRow): Member {
  const { name, ip, port, meta, versions, incarnation, state, sinceMs, suspicion } = row;
  return { name, ip, port, meta, versions, incarnation, state, sinceMs, accusers: suspicion?.accusers ?? [] };
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.port === b.port && sameBytes(a.ip, b.ip);
}

export function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return (a?.length ?? 0) === (b?.length ?? 0);
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

function isAlive(state: MemberState): boolean {
  return state === "alive" || state === "suspect";
}
