import { type Assertion, compilePattern, type Program } from "./linear-pattern-parse.ts";

/**
 * A regular expression in the syntax of Go's regexp (RE2) whose work is bounded by pattern times text: for expressions that come
 * from outside. Only tells whether a text holds a match; all states of the automaton advance together. Thompson 1968, Cox 2007.
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

  /** Adds a state and all that are reached from it without taking a character. True when the end is among them. */
  #add(set: StateSet, first: number, points: readonly number[], at: number): boolean {
    const todo = [first];
    for (let state = todo.pop(); state !== undefined; state = todo.pop()) {
      if (!set.add(state)) continue;
      const step = this.#program[state];
      if (step === undefined) return true; // past the last step: a match
      if (step.op === "jump") todo.push(state + step.by);
      else if (step.op === "fork") todo.push(state + 1, state + step.by);
      else if (step.op === "assert" && holds(step.that, points, at)) todo.push(state + 1);
    }
    return false;
  }
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
