import { checkLinearizable, type Interval } from "../checkers/linearizable.ts";
import { LOCK, type LockCall } from "../checkers/lock.ts";
import { isDone, type StoreHistory, type StoreOperation } from "./calls.ts";

interface SessionLife {
  readonly id: string;
  readonly ttlMs: number;
  readonly delayMs: number;
  /** Until when it cannot have run out: its last surely successful renewal, begun, plus its TTL. By the times of the clients. */
  readonly renewals: readonly StoreOperation[];
  readonly destroys: readonly StoreOperation[];
}

/** One holder at a time; lock-delay kept; no session ends early. Consul api-docs, sessions. `disturbed`: some server lost its memory then. */
export function sessionFault(history: StoreHistory, lockKeys: readonly string[], disturbed: (fromMs: number, toMs: number) => boolean): string | undefined {
  const lives = livesOf(history);
  for (const key of lockKeys) {
    if (checkLinearizable(LOCK, lockIntervals(history, key, lives)) === "not linearizable") return `lock "${key}" had two holders at once`;
    const early = delayFault({ history, key, lives, disturbed });
    if (early !== undefined) return early;
  }
  return earlyEnd(history, lives) ?? afterEnd(history, lives);
}

function livesOf(history: StoreHistory): ReadonlyMap<string, SessionLife> {
  const lives = new Map<string, SessionLife>();
  for (const create of history.operations) {
    if (create.input.kind !== "session-create" || create.output?.kind !== "session" || create.output.id === undefined) continue;
    const { id } = create.output;
    const renewals = history.operations.filter(
      ({ input, output }) => input.kind === "session-renew" && input.session === id && output?.kind === "session" && output.id !== undefined,
    );
    const destroys = history.operations.filter(({ input, outcome }) => input.kind === "session-destroy" && input.session === id && outcome !== "failed");
    lives.set(id, { id, ttlMs: create.input.ttlMs, delayMs: create.input.delayMs, renewals: [create, ...renewals], destroys });
  }
  return lives;
}

/** The earliest time, by stamp, at which its TTL may have ended it, given what had been renewed before `stamp`. */
function mayExpireAt(life: SessionLife): number {
  return Math.max(...life.renewals.map((renewal) => renewal.invokedMs + life.ttlMs));
}

function lockIntervals(history: StoreHistory, key: string, lives: ReadonlyMap<string, SessionLife>): readonly Interval<LockCall>[] {
  const intervals: Interval<LockCall>[] = [];
  for (const { input, output, outcome, invoked, returned } of history.operations) {
    if (outcome === "failed") continue;
    const end = outcome === "ok" ? returned : undefined;
    const result = output?.kind === "done" ? output.done : undefined;
    if (input.kind === "acquire" && input.key === key) intervals.push({ call: { kind: "acquire", session: input.session, result }, invoked, returned: end });
    if (input.kind === "release" && input.key === key) intervals.push({ call: { kind: "release", session: input.session, result }, invoked, returned: end });
    if (input.kind === "session-destroy") intervals.push({ call: { kind: "end", session: input.session }, invoked, returned: end });
    if (input.kind === "get" && input.key === key && input.mode !== "stale" && output?.kind === "entry") {
      intervals.push({ call: { kind: "get", holder: output.entry?.session ?? "" }, invoked, returned: end });
    }
  }
  for (const life of lives.values()) {
    const from = mayExpireAt(life);
    const first = history.operations.find(({ invokedMs }) => invokedMs >= from);
    const stamp = first?.invoked ?? history.operations.reduce((latest, { invoked, returned }) => Math.max(latest, invoked, returned ?? 0), 0) + 1;
    intervals.push({ call: { kind: "end", session: life.id }, invoked: stampBefore(history, from, stamp), returned: undefined });
  }
  return intervals;
}

/** The last stamp given before `timeMs`: what ended by itself at that time may be placed from there on. */
function stampBefore(history: StoreHistory, timeMs: number, otherwise: number): number {
  let latest = 0;
  for (const { invoked, invokedMs, returned, returnedMs } of history.operations) {
    if (invokedMs < timeMs) latest = Math.max(latest, invoked);
    if (returned !== undefined && returnedMs !== undefined && returnedMs < timeMs) latest = Math.max(latest, returned);
  }
  return latest === 0 ? otherwise : latest + 0.5;
}

function delayFault(parts: {
  history: StoreHistory;
  key: string;
  lives: ReadonlyMap<string, SessionLife>;
  disturbed: (fromMs: number, toMs: number) => boolean;
}): string | undefined {
  const { history, key, lives, disturbed } = parts;
  const granted = history.operations.filter((operation) => operation.input.kind === "acquire" && operation.input.key === key && isDone(operation));
  for (const life of lives.values()) {
    const destroy = life.destroys.find(({ outcome }) => outcome === "ok");
    if (destroy?.returned === undefined || !heldUntil({ history, key, life, destroy })) continue;
    const until = destroy.invokedMs + life.delayMs;
    for (const grant of granted) {
      const { returnedMs, invoked } = grant;
      if (invoked < destroy.returned || returnedMs === undefined || returnedMs >= until || disturbed(destroy.invokedMs, returnedMs)) continue;
      return `lock "${key}" was given at ${returnedMs.toFixed(0)} ms, in the lock-delay of session ${life.id} that lasts until ${until.toFixed(0)} ms`;
    }
  }
  return undefined;
}

/** Whether this session surely held the key when it was destroyed. */
function heldUntil(parts: { history: StoreHistory; key: string; life: SessionLife; destroy: StoreOperation }): boolean {
  const { history, key, life, destroy } = parts;
  const mine = history.operations.filter(
    ({ input, invoked }) => "session" in input && input.session === life.id && "key" in input && input.key === key && invoked < destroy.invoked,
  );
  const acquired = mine.find(
    (operation) => operation.input.kind === "acquire" && isDone(operation) && (operation.returned ?? Number.POSITIVE_INFINITY) < destroy.invoked,
  );
  const released = mine.some(({ input, outcome }) => input.kind === "release" && outcome !== "failed");
  const first = life.destroys.every((other) => other === destroy || other.invoked > destroy.invoked);
  return acquired !== undefined && !released && first && (destroy.returnedMs ?? 0) < mayExpireAt(life);
}

/** A session that is gone though nobody destroyed it and its TTL had not passed since it was surely renewed. */
function earlyEnd(history: StoreHistory, lives: ReadonlyMap<string, SessionLife>): string | undefined {
  for (const { input, output, returned, returnedMs } of history.operations) {
    if (input.kind !== "session-renew" || output?.kind !== "session" || output.id !== undefined || returned === undefined || returnedMs === undefined) continue;
    const life = lives.get(input.session);
    if (life === undefined || life.destroys.some(({ invoked }) => invoked < returned)) continue;
    const before = life.renewals.filter((renewal) => renewal.invoked < returned);
    const until = Math.max(...before.map((renewal) => renewal.invokedMs + life.ttlMs));
    if (returnedMs < until) return `session ${life.id} was gone at ${returnedMs.toFixed(0)} ms and could not end before ${until.toFixed(0)} ms`;
  }
  return undefined;
}

/** Nobody acquires for a session that was destroyed before. */
function afterEnd(history: StoreHistory, lives: ReadonlyMap<string, SessionLife>): string | undefined {
  for (const operation of history.operations) {
    if (operation.input.kind !== "acquire" || !isDone(operation)) continue;
    const ended = lives
      .get(operation.input.session)
      ?.destroys.some(({ outcome, returned }) => outcome === "ok" && returned !== undefined && returned < operation.invoked);
    if (ended === true) return `session ${operation.input.session} got lock "${operation.input.key}" after its end`;
  }
  return undefined;
}
