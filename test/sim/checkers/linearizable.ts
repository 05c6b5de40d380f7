/** What an object does: the state after the operation, or `undefined` when the operation cannot have ended as it did in this state. */
export interface Model<State, Call> {
  readonly initial: State;
  step(state: State, call: Call): State | undefined;
  /** Text that is equal exactly when states are. */
  keyOf(state: State): string;
}

/** One call to be ordered. `returned` `undefined`: it may take effect at any time after `invoked`, or never. */
export interface Interval<Call> {
  readonly call: Call;
  readonly invoked: number;
  readonly returned: number | undefined;
}

export type Verdict = "linearizable" | "not linearizable" | "undecided";

interface Place<Call> {
  readonly interval: Interval<Call> | undefined;
  readonly bit: number;
  readonly isReturn: boolean;
  at: number;
  previous: Place<Call> | undefined;
  next: Place<Call> | undefined;
  /** Of a call: its return. */
  end: Place<Call> | undefined;
}

/**
 * Whether the calls can be put in one order that the model allows and that keeps every call within its interval.
 * The search of Wing and Gong (1993) with Lowe's memory of what was tried (2017). Calls that were never answered need not be placed.
 */
export function checkLinearizable<State, Call>(model: Model<State, Call>, intervals: readonly Interval<Call>[], maxSteps = 500_000): Verdict {
  const head = linked(intervals);
  let definite = intervals.filter((interval) => interval.returned !== undefined).length;
  const placed = new Uint32Array((intervals.length >> 5) + 1);
  const tried = new Set<string>();
  const stack: { readonly place: Place<Call>; readonly state: State }[] = [];
  let state = model.initial;
  let place = head.next;
  for (let steps = 0; definite > 0; steps++) {
    if (steps > maxSteps) return "undecided";
    if (place?.interval !== undefined && !place.isReturn) {
      const after = model.step(state, place.interval.call);
      if (after !== undefined && isNew(tried, placed, place.bit, model.keyOf(after))) {
        stack.push({ place, state });
        state = after;
        if (place.end !== undefined) definite--;
        lift(place);
        place = head.next;
      } else {
        place = place.next;
      }
      continue;
    }
    const last = stack.pop();
    if (last === undefined) return "not linearizable";
    state = last.state;
    if (last.place.end !== undefined) definite++;
    flip(placed, last.place.bit);
    unlift(last.place);
    place = last.place.next;
  }
  return "linearizable";
}

/** Marks the call as placed; false, and unmarked again, when this set of placed calls was tried with this state. */
function isNew(tried: Set<string>, placed: Uint32Array, bit: number, stateKey: string): boolean {
  flip(placed, bit);
  const key = `${placed.join(",")}|${stateKey}`;
  if (tried.has(key)) {
    flip(placed, bit);
    return false;
  }
  tried.add(key);
  return true;
}

function flip(placed: Uint32Array, bit: number): void {
  placed[bit >> 5] = (placed[bit >> 5] ?? 0) ^ (1 << (bit & 31));
}

function linked<Call>(intervals: readonly Interval<Call>[]): Place<Call> {
  const places: Place<Call>[] = [];
  for (const [bit, interval] of intervals.entries()) {
    const call: Place<Call> = { interval, bit, isReturn: false, at: interval.invoked, previous: undefined, next: undefined, end: undefined };
    places.push(call);
    if (interval.returned === undefined) continue;
    call.end = { interval, bit, isReturn: true, at: interval.returned, previous: undefined, next: undefined, end: undefined };
    places.push(call.end);
  }
  places.sort((a, b) => a.at - b.at);
  const head: Place<Call> = { interval: undefined, bit: -1, isReturn: false, at: 0, previous: undefined, next: undefined, end: undefined };
  let last = head;
  for (const place of places) {
    last.next = place;
    place.previous = last;
    last = place;
  }
  return head;
}

function lift<Call>(place: Place<Call>): void {
  unlink(place);
  if (place.end !== undefined) unlink(place.end);
}

function unlift<Call>(place: Place<Call>): void {
  if (place.end !== undefined) relink(place.end);
  relink(place);
}

function unlink<Call>(place: Place<Call>): void {
  if (place.previous !== undefined) place.previous.next = place.next;
  if (place.next !== undefined) place.next.previous = place.previous;
}

function relink<Call>(place: Place<Call>): void {
  if (place.previous !== undefined) place.previous.next = place;
  if (place.next !== undefined) place.next.previous = place;
}
