import { type Assertion, compilePattern, type Program } from "./linear-pattern-parse.ts";

/**
 * A regular expression in the syntax of Go's regexp (RE2) whose work is bounded by pattern times text: for expressions that come
 * from outside. All states of the automaton advance together. Thompson 1968, Cox 2007.
 */
export class LinearPattern {
  readonly #program: Program;

  private constructor(program: Program) {
    this.#program = program;
  }

  /** `undefined` when it is no valid expression, or too large a one. */
  static parse(pattern: string): LinearPattern | undefined {
    const program = compilePattern(pattern);
    return typeof program === "string" ? undefined : new LinearPattern(program);
  }

  /** Why it is no valid expression, in Go's words; `undefined` when it is one. */
  static fault(pattern: string): string | undefined {
    const program = compilePattern(pattern);
    return typeof program === "string" ? program : undefined;
  }

  /** Whether some part of the text matches. */
  test(text: string): boolean {
    const points = Array.from(text, (char) => char.codePointAt(0) ?? 0);
    let now = new StateSet(this.#program.length);
    let next = new StateSet(this.#program.length);
    for (let at = 0; at <= points.length; at++) {
      if (this.#add(now, 0, points, at)) return true;
      const point = points[at];
      if (point === undefined) return false;
      for (const state of now.states) {
        const step = this.#program[state];
        if (step?.op === "take" && step.takes(point) && this.#add(next, state + 1, points, at + 1)) return true;
      }
      [now, next] = [next, now];
      next.clear();
    }
    return false;
  }

  /**
   * The first match and what its groups took, as Go's `FindStringSubmatch`: the leftmost, and of those the one that a backtracking search would
   * find first. A group that took no part is `undefined`. `undefined` when there is no match.
   */
  exec(text: string): readonly (string | undefined)[] | undefined {
    const points = Array.from(text, (char) => char.codePointAt(0) ?? 0);
    const size = this.#program.length;
    let found: Notes | undefined;
    let now: Thread[] = [];
    for (let at = 0; at <= points.length; at++) {
      const seen = new StateSet(size);
      const here: Thread[] = [];
      for (const thread of now) this.#follow(here, seen, thread, points, at);
      if (found === undefined) this.#follow(here, seen, { state: 0, notes: [at] }, points, at);
      now = [];
      for (const { state, notes } of here) {
        const step = this.#program[state];
        if (step === undefined) {
          found = noted(notes, 1, at);
          break; // whoever comes after is less wanted
        }
        const point = points[at];
        if (step.op === "take" && point !== undefined && step.takes(point)) now.push({ state: state + 1, notes });
      }
      if (now.length === 0 && found !== undefined) break;
    }
    return found === undefined ? undefined : this.#groups(found, points);
  }

  #groups(notes: Notes, points: readonly number[]): readonly (string | undefined)[] {
    const slots = this.#program.map((step) => (step.op === "note" ? step.slot : 1));
    return Array.from({ length: (Math.max(1, ...slots) + 1) / 2 }, (_, group) => {
      const from = notes[2 * group];
      const to = notes[2 * group + 1];
      return from === undefined || to === undefined ? undefined : String.fromCodePoint(...points.slice(from, to));
    });
  }

  /** Adds what is reached from a thread without taking a character, the most wanted first: states that take one, and the end. */
  #follow(into: Thread[], seen: StateSet, first: Thread, points: readonly number[], at: number): void {
    const todo = [first];
    for (let thread = todo.pop(); thread !== undefined; thread = todo.pop()) {
      const { state, notes } = thread;
      if (!seen.add(state)) continue;
      const step = this.#program[state];
      if (step === undefined || step.op === "take") into.push(thread);
      else if (step.op === "jump") todo.push({ state: state + step.by, notes });
      else if (step.op === "note") todo.push({ state: state + 1, notes: noted(notes, step.slot, at) });
      else if (step.op === "assert") {
        if (holds(step.that, points, at)) todo.push({ state: state + 1, notes });
      } else {
        const [rather, otherwise] = step.lazy === true ? [state + step.by, state + 1] : [state + 1, state + step.by];
        todo.push({ state: otherwise, notes }, { state: rather, notes });
      }
    }
  }

  /** Adds a state and all that are reached from it without taking a character. True when the end is among them. */
  #add(set: StateSet, first: number, points: readonly number[], at: number): boolean {
    const todo = [first];
    for (let state = todo.pop(); state !== undefined; state = todo.pop()) {
      if (!set.add(state)) continue;
      const step = this.#program[state];
      if (step === undefined) return true; // past the last step: a match
      if (step.op === "jump") todo.push(state + step.by);
      else if (step.op === "note") todo.push(state + 1);
      else if (step.op === "fork") todo.push(state + 1, state + step.by);
      else if (step.op === "assert" && holds(step.that, points, at)) todo.push(state + 1);
    }
    return false;
  }
}

/** Where groups began and ended, by slot. */
type Notes = readonly (number | undefined)[];

interface Thread {
  readonly state: number;
  readonly notes: Notes;
}

function noted(notes: Notes, slot: number, at: number): Notes {
  const copy = [...notes];
  copy[slot] = at;
  return copy;
}

class StateSet {
  readonly states: number[] = [];
  readonly #in: Uint8Array;

  constructor(size: number) {
    this.#in = new Uint8Array(size + 1);
  }

  add(state: number): boolean {
    if (this.#in[state] === 1) return false;
    this.#in[state] = 1;
    this.states.push(state);
    return true;
  }

  clear(): void {
    for (const state of this.states) this.#in[state] = 0;
    this.states.length = 0;
  }
}

function holds(that: Assertion, points: readonly number[], at: number): boolean {
  const newline = 0x0a;
  switch (that) {
    case "text-start":
      return at === 0;
    case "text-end":
      return at === points.length;
    case "line-start":
      return at === 0 || points[at - 1] === newline;
    case "line-end":
      return at === points.length || points[at] === newline;
    case "word-edge":
      return isWord(points[at - 1]) !== isWord(points[at]);
    case "no-word-edge":
      return isWord(points[at - 1]) === isWord(points[at]);
  }
}

function isWord(point: number | undefined): boolean {
  return point !== undefined && /^\w$/.test(String.fromCodePoint(point));
}
