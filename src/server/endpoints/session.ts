import { DurationError, formatDurationMs, parseDuration } from "../../base/duration.ts";
import { KvorumError } from "../../base/errors.ts";
import type { RequestOf, Session } from "../../model/index.ts";
import { done, propose, type ServerContext } from "../context.ts";
import type { SessionTimers } from "../leader/session-ttl.ts";
import { sessionTtlMaxMs } from "../limits.ts";
import { newUuid } from "../uuid.ts";

/** Consul api-docs, sessions: the id is made here, the TTL and the behaviour are checked with Consul's texts. */
export async function createSession(context: ServerContext, { session }: RequestOf<"Session.Create">): Promise<string> {
  if (session.node === "") throw new KvorumError("internal", "Must provide Node");
  const behavior = session.behavior as string;
  if (behavior !== "" && behavior !== "release" && behavior !== "delete") throw new KvorumError("internal", `Invalid Behavior setting '${behavior}'`);
  checkTtl(session.ttl, context.settings.sessionTtlMinMs);
  const created = { ...session, id: freshId(context), behavior: behavior === "delete" ? "delete" : "release" } as const;
  const { clock } = context.platform;
  const began = clock.now();
  const id = done(await propose(context, "session.create", { session: created }));
  context.meters.sessionApply.observe(clock.now() - began);
  return id;
}

export async function destroySession(context: ServerContext, { id }: RequestOf<"Session.Destroy">): Promise<void> {
  if (id === "") throw new KvorumError("internal", "Must provide ID");
  // A malformed id is an error; an unknown one is not.
  context.state.sessions.get(id);
  const { clock } = context.platform;
  const began = clock.now();
  done(await propose(context, "session.destroy", { id }));
  context.meters.sessionApply.observe(clock.now() - began);
}

/** Moves no index: the time a session has left is known to the leader alone. One that is being ended already cannot be saved any more. */
export async function renewSession(context: ServerContext, timers: SessionTimers, { id }: RequestOf<"Session.Renew">): Promise<Session | undefined> {
  const began = context.platform.clock.now();
  do {
    await timers.ended(id);
    // Looked at last: a leader that was deposed, perhaps with that end on its way, must not promise time that the new one does not give.
    if (!context.raft.holdsLease()) await context.raft.readBarrier();
  } while (timers.isEnding(id));
  const session = context.state.sessions.get(id).value;
  if (session !== undefined) timers.reset(session);
  context.meters.sessionRenew.observe(context.platform.clock.now() - began);
  return session;
}

function checkTtl(ttl: string, leastMs: number): void {
  if (ttl === "") return;
  let ns: bigint;
  try {
    ns = parseDuration(ttl);
  } catch (error) {
    if (!(error instanceof DurationError)) throw error;
    throw new KvorumError("internal", `Session TTL '${ttl}' invalid: ${error.message}`, { cause: error });
  }
  const least = BigInt(leastMs) * 1_000_000n;
  if (ns === 0n || (ns >= least && ns <= BigInt(sessionTtlMaxMs) * 1_000_000n)) return;
  throw new KvorumError("internal", `Invalid Session TTL '${ns}', must be between [${formatDurationMs(leastMs)}=${formatDurationMs(sessionTtlMaxMs)}]`);
}

function freshId(context: ServerContext): string {
  for (;;) {
    const id = newUuid(context.platform.random);
    if (context.state.sessions.get(id).value === undefined) return id;
  }
}
