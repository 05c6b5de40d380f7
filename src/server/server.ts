import { KvorumError } from "../base/errors.ts";
import type { Later } from "../base/later.ts";
import { Scope } from "../base/scope.ts";
import type { Backend, MethodName, RequestOf, ResponseOf, Streams } from "../model/index.ts";
import type { StateEvent } from "../state/index.ts";
import { consistencyOf, datacenterOf, ownSession } from "./asked.ts";
import { BlockingQueries } from "./blocking.ts";
import { Cancel, type OnCancel } from "./cancel.ts";
import { Contacts } from "./contacts.ts";
import type { ServerContext } from "./context.ts";
import { noPools } from "./endpoints/pools.ts";
import { QueryExecutions } from "./endpoints/query-execute.ts";
import { isRead } from "./endpoints/reads.ts";
import { endAbandonedRestore, Snapshots } from "./endpoints/snapshot.ts";
import { isLocal, type LeaderEndpoint, type LeaderMethodName, type LeaderParts, LOCAL, LOOKS, type LocalMethodName, ON_LEADER } from "./endpoints/table.ts";
import { Forwarder } from "./forward.ts";
import { Founding } from "./founding.ts";
import { Addresses } from "./leader/addresses.ts";
import { Autopilot } from "./leader/autopilot.ts";
import { CoordinateBatch } from "./leader/coordinate-batch.ts";
import { Duties } from "./leader/duties.ts";
import { MemberReconciler } from "./leader/reconcile-members.ts";
import { reapRemovals } from "./leader/removal-gc.ts";
import { SessionTimers } from "./leader/session-ttl.ts";
import { TombstoneGc } from "./leader/tombstone-gc.ts";
import { Leadership } from "./leadership.ts";
import { forwardTimeoutMs } from "./limits.ts";
import { type LocalReads, localReads } from "./local-reads.ts";
import { Members } from "./members.ts";
import { serverMeters } from "./meters.ts";
import { Pledges } from "./pledges.ts";
import type { DatacentersPort, Member, ServerOptions } from "./ports.ts";
import { RaftMembers } from "./raft-members.ts";
import { Reads } from "./reads.ts";

/** A server: answers every method, by itself or by the leader. */
export interface Server extends AsyncDisposable {
  /** For this process: calls go to whoever can answer them. */
  readonly backend: Backend;
  /** The state of this server, at once and as old as it may be. */
  readonly local: LocalReads;
  /** The members as this server sees them. */
  members(): readonly Member[];
  /** Hands the leadership over when this server has it and somebody can take it. */
  handOver(): Promise<void>;
}

/** Joins raft, state and rpc into a server, and answers other servers' calls on `rpc` from now on. */
export function createServer(options: ServerOptions): Server {
  const context = contextOf(options);
  const scope = new Scope((name, error) => context.logger.error("Task failed", { task: name, error: String(error) }));
  scope.defer(() => context.leadership[Symbol.dispose]());
  const { settings, platform, rpc, raft } = options;
  const forwarder = new Forwarder({
    leadership: context.leadership,
    deadlines: rpc.deadlines,
    clock: platform.clock,
    random: platform.random,
    holdMs: settings.rpcHoldTimeoutMs,
    forwarded: context.meters.crossForward,
  });
  const blocking = new BlockingQueries({
    deadlines: rpc.deadlines,
    clock: platform.clock,
    random: platform.random,
    waiting: context.meters.blocking,
    generation: () => context.state.generation,
    defaultWaitMs: settings.defaultQueryTimeMs,
    maxWaitMs: settings.maxQueryTimeMs,
  });
  scope.defer(() => blocking.close());
  scope.defer(() => forwarder.close());
  scope.use(
    raft.onLeadership(() => {
      if (!context.leadership.isLeader) blocking.leadershipEnded();
    }),
  );
  const parts = startDuties(context, options, scope);
  const reads = new Reads({
    state: context.state,
    raft,
    rpc,
    clock: platform.clock,
    leadership: context.leadership,
    forwarder,
    blocking,
    meters: context.meters,
  });
  const executions = new QueryExecutions(context, reads, options.datacenters);
  const answers = new Answers({
    datacenters: options.datacenters,
    parts,
    reads,
    forwarder,
    snapshots: new Snapshots(context, reads, options.spoolFolder ?? "/tmp"),
    executions,
  });
  rpc.serve(answers.backend(true), answers.backend(false));
  scope.use(new Contacts(context, options.joins));
  scope.use(new Founding(context, options.expect ?? 0));
  return {
    backend: answers.backend(false),
    local: localReads(context.state, () => reads.contact(), executions),
    members: () => context.members.members(),
    handOver: () => handOver(context),
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

function contextOf({ settings, platform, raft, rpc, hub, members, pools }: ServerOptions): ServerContext {
  const leadership = new Leadership(raft);
  const { clock } = platform;
  const inRaft = new RaftMembers({ raft, state: hub.state, leadership, clock, failedAfterMs: settings.failedAfterMs });
  return {
    settings,
    platform,
    logger: platform.log.logger.named("server"),
    meters: serverMeters(platform.metrics),
    raft,
    rpc,
    state: hub.state,
    leadership,
    lockDelays: hub.lockDelays,
    members: new Members({ raft, inRaft, pool: members }),
    pledges: new Pledges(raft, clock),
    pools: pools ?? noPools(settings.datacenter),
  };
}

function startDuties(context: ServerContext, { hub, rpc }: ServerOptions, scope: Scope): LeaderParts {
  const timers = new SessionTimers(context, rpc.deadlines);
  const tombstones = new TombstoneGc(context);
  const autopilot = new Autopilot(context);
  const addresses = new Addresses(context);
  const members = new MemberReconciler(context);
  const coordinates = new CoordinateBatch(context);
  const tell = (event: StateEvent): void => {
    if (event.kind === "session-created") timers.reset(event.session);
    else if (event.kind === "session-ended") timers.cancel(event.id);
    else if (event.kind === "tombstone") tombstones.hint(event.index);
    else {
      timers.restart();
      tombstones.hint(context.state.lastIndex);
      members.stateReplaced();
    }
  };
  scope.use(hub.onEvents((events) => events.forEach(tell)));
  scope.use(
    new Duties(context, [
      { name: "restores", start: () => endAbandonedRestore(context) },
      { name: "session timers", start: (term) => timers.start(term) },
      { name: "tombstones", start: (term) => tombstones.start(term) },
      { name: "removals", start: (term) => reapRemovals(context, term) },
      { name: "addresses", start: (term) => addresses.start(term) },
      { name: "coordinates", start: (term) => coordinates.start(term) },
      { name: "members", start: (term) => members.start(term) },
      { name: "autopilot", start: (term) => autopilot.start(term) },
    ]),
  );
  return { context, timers, autopilot, coordinates };
}

async function handOver(context: ServerContext): Promise<void> {
  const { id, configuration } = context.raft.status();
  if (!context.leadership.isLeader || !configuration.servers.some((server) => server.id !== id && server.suffrage === "voter")) return;
  context.logger.info("Handing the leadership over");
  await context.raft.transferLeadership();
}

interface AnswersParts {
  readonly datacenters: DatacentersPort | undefined;
  readonly parts: LeaderParts;
  readonly reads: Reads;
  readonly forwarder: Forwarder;
  readonly snapshots: Snapshots;
  readonly executions: QueryExecutions;
}

/** Takes each method to its place. */
class Answers {
  readonly #datacenters: DatacentersPort | undefined;
  readonly #parts: LeaderParts;
  readonly #reads: Reads;
  readonly #forwarder: Forwarder;
  readonly #snapshots: Snapshots;
  readonly #executions: QueryExecutions;

  constructor(options: AnswersParts) {
    this.#datacenters = options.datacenters;
    this.#parts = options.parts;
    this.#reads = options.reads;
    this.#forwarder = options.forwarder;
    this.#snapshots = options.snapshots;
    this.#executions = options.executions;
  }

  /** `forwarded`: for other servers of the cluster, whose calls are not sent on once more; clients' and other datacenters' are. */
  backend(forwarded: boolean): Backend {
    return {
      call: (method, request, onCancel) => this.#call(method, request, onCancel, forwarded),
      look: forwarded ? undefined : (method, request, onCancel) => this.#look(method, request, onCancel),
      saveSnapshot: (request) => this.#saveSnapshot(request, forwarded),
      restoreSnapshot: (request) => this.#restoreSnapshot(request, forwarded),
    };
  }

  async #call<M extends MethodName>(method: M, request: RequestOf<M>, onCancel: OnCancel, forwarded: boolean): Promise<ResponseOf<M>> {
    const elsewhere = this.#elsewhere(datacenterOf(request));
    if (elsewhere !== undefined) return elsewhere.call(method, request, onCancel);
    // The tables give each method's own answer; TypeScript loses the thread where the method is narrowed.
    if (isRead(method)) return this.#reads.answer(method, request as RequestOf<typeof method>, onCancel, forwarded) as Promise<ResponseOf<M>>;
    if (method === "Query.Execute") return this.#executions.execute(request as RequestOf<"Query.Execute">, onCancel) as Promise<ResponseOf<M>>;
    if (isLocal(method)) return (await this.#local(method, request as RequestOf<typeof method>)) as ResponseOf<M>;
    return this.#onLeader(method as LeaderMethodName, request as RequestOf<LeaderMethodName>, onCancel, forwarded) as Promise<ResponseOf<M>>;
  }

  #look<M extends MethodName>(method: M, request: RequestOf<M>, onCancel: OnCancel): ResponseOf<M> | Later<ResponseOf<M>> | undefined {
    if (!isRead(method) || this.#elsewhere(datacenterOf(request)) !== undefined) return undefined;
    // As in `#call`.
    return this.#reads.look(method, request as RequestOf<typeof method>, onCancel) as ResponseOf<M> | Later<ResponseOf<M>> | undefined;
  }

  /** Whoever answers for another datacenter; `undefined` for this one. Throws `unknown-datacenter`. */
  #elsewhere(datacenter: string): Backend | undefined {
    if (datacenter === "" || datacenter === this.#parts.context.settings.datacenter) return undefined;
    if (this.#datacenters === undefined) throw new KvorumError("unknown-datacenter", "No path to datacenter");
    return this.#datacenters.of(datacenter);
  }

  async #local<M extends LocalMethodName>(method: M, request: RequestOf<M>): Promise<ResponseOf<M>> {
    return LOCAL[method](this.#parts.context, request);
  }

  async #onLeader<M extends LeaderMethodName>(method: M, request: RequestOf<M>, onCancel: OnCancel, forwarded: boolean): Promise<ResponseOf<M>> {
    const { context } = this.#parts;
    const looks = LOOKS.has(method);
    if (forwarded) return this.#lead(method, request);
    if (looks && method !== "Operator.AutopilotHealth" && consistencyOf(request) === "stale") return ON_LEADER[method](this.#parts, request);
    // The server that was asked owns a session that names no node.
    const asked = method === "Session.Create" ? (ownSession(context, request as RequestOf<"Session.Create">) as RequestOf<M>) : request;
    if (context.leadership.isLeader && onCancel === undefined) {
      try {
        return await this.#lead(method, asked);
      } catch (error) {
        // Nothing was done: the forwarder finds the new leader.
        if (!(error instanceof KvorumError) || error.code !== "not-leader") throw error;
      }
    }
    const cancel = new Cancel();
    onCancel?.(cancel.fire);
    return this.#forwarder.run({
      here: () => this.#lead(method, asked),
      there: (leader, onCancelThere) => context.rpc.call(leader, method, asked, { timeoutMs: forwardTimeoutMs, onCancel: onCancelThere }),
      reads: looks,
      cancel,
    });
  }

  async #lead<M extends LeaderMethodName>(method: M, request: RequestOf<M>): Promise<ResponseOf<M>> {
    if (!this.#parts.context.leadership.isLeader) throw new KvorumError("not-leader", "Not the leader");
    const endpoint: LeaderEndpoint<M> = ON_LEADER[method];
    return endpoint(this.#parts, request);
  }

  async #saveSnapshot(request: Streams["Snapshot.Save"]["request"], forwarded: boolean): Promise<Streams["Snapshot.Save"]["response"]> {
    const { context } = this.#parts;
    const elsewhere = this.#elsewhere(request.options.datacenter);
    if (elsewhere !== undefined) return elsewhere.saveSnapshot(request);
    if (forwarded || request.options.consistency === "stale") return this.#snapshots.save(request);
    return this.#forwarder.run({
      here: () => this.#snapshots.save(request),
      there: (leader) => context.rpc.saveSnapshot(leader, request),
      reads: true,
      cancel: new Cancel(),
    });
  }

  async #restoreSnapshot(request: Streams["Snapshot.Restore"]["request"], forwarded: boolean): Promise<void> {
    const { context } = this.#parts;
    const elsewhere = this.#elsewhere(request.options.datacenter);
    if (elsewhere !== undefined) return elsewhere.restoreSnapshot(request);
    if (forwarded) return this.#snapshots.restore(request);
    // A body can be read once only: the leader is awaited first, and nothing is tried again.
    const place = await this.#forwarder.run<"here" | Parameters<typeof context.rpc.restoreSnapshot>[0]>({
      here: async () => "here",
      there: async (leader) => leader,
      reads: true,
      cancel: new Cancel(),
    });
    if (place === "here") return this.#snapshots.restore(request);
    try {
      await context.rpc.restoreSnapshot(place, request);
    } catch (error) {
      if (!(error instanceof KvorumError)) throw error;
      throw new KvorumError(error.code, `rpc error making call: ${error.message}`, { cause: error });
    }
  }
}
