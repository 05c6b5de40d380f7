import type { Random } from "../../../src/platform/index.ts";

/** Chance from a seed: sfc32 (Chris Doty-Humphrey's small fast counter), so that one seed gives one run on every machine. */
export class SimRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, label = "") {
    this.#a = seed | 0;
    this.#b = hashText(label);
    this.#c = Math.floor(seed / 0x1_0000_0000) | 0;
    for (let warmUp = 0; warmUp < 12; warmUp++) this.#next();
  }

  /** A stream of its own for one component: what it draws does not shift what others draw. */
  fork(label: string): SimRandom {
    return new SimRandom(this.#next(), label);
  }

  int(below: number): number {
    return Math.floor(this.float() * below);
  }

  /** Evenly from 0 (with) to 1 (without). */
  float(): number {
    return this.#next() / 0x1_0000_0000;
  }

  chance(probability: number): boolean {
    return this.float() < probability;
  }

  between(low: number, high: number): number {
    return low + this.float() * (high - low);
  }

  /** Waiting times of events that come `mean` apart, independent of each other. */
  exponential(mean: number): number {
    return -Math.log(1 - this.float()) * mean;
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.int(choices.length)];
    if (choice === undefined) throw new Error("Cannot pick from nothing");
    return choice;
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; at++) bytes[at] = this.#next() & 0xff;
    return bytes;
  }

  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    this.#c |= 0;
    return sum >>> 0;
  }
}

/** FNV-1a over the code units, 32 bits. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash | 0;
}

/** FNV-1a over the bytes, 32 bits. */
export function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash | 0;
}
