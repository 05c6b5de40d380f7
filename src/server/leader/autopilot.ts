import { messageOf } from "../../base/errors.ts";
import type { NodeId } from "../../base/ids.ts";
import type { Scope } from "../../base/scope.ts";
import type { AutopilotConfig, OperatorHealth, ServerHealth, ServerStats } from "../../model/index.ts";
import { done, propose, type ServerContext } from "../context.ts";
import { serverStats } from "../endpoints/status.ts";
import { healthIntervalMs, healthTimeoutMs, pooledDeadAfterMs } from "../limits.ts";
import type { Member } from "../ports.ts";
import { formatTime } from "../time.ts";
import { admit, newcomers } from "./admission.ts";

/** Pause between a change of the servers and a look at them. */
const soonMs = 100;

interface Known {
  readonly health: ServerHealth;
  /** By the monotonic clock: since when it has been as healthy, or as unhealthy, as it is. */
  readonly since: number;
}

/**
 * Looks after the servers: asks each how it is, lets learners vote once they have been healthy for the stabilisation
 * time, and takes dead servers out as long as most servers stay and `minQuorum` is kept. Consul docs, autopilot.
 */
export class Autopilot {
  readonly #context: ServerContext;
  #known = new Map<NodeId, Known>();
  #pruneFailed = false;
  /** Why newcomers are not taken in, by id, as it was said last. */
  readonly #told = new Map<string, string>();

  constructor(context: ServerContext) {
    this.#context = context;
  }

  async start(term: Scope): Promise<void> {
    if (this.#context.state.autopilot().value === undefined) {
      done(await propose(this.#context, "autopilot.set", { config: this.#context.settings.autopilot, cas: 0 }));
    }
    this.#known = new Map();
    this.#told.clear();
    const { clock } = this.#context.platform;
    let timer: Disposable | undefined;
    let busy = false;
    const round = (): void => {
      timer?.[Symbol.dispose]();
      timer = clock.after(healthIntervalMs, round);
      if (busy) return;
      busy = true;
      this.#round(term)
        .catch((error: unknown) => {
          if (!term.closed) this.#context.logger.warn("Autopilot could not do its round", { error: messageOf(error) });
        })
        .finally(() => {
          busy = false;
        })
        .catch(() => undefined);
    };
    round();
    const changed = this.#context.members.onChange(() => {
      // A server that came or went is looked at soon, when it has had time to hear of it.
      timer?.[Symbol.dispose]();
      timer = clock.after(soonMs, round);
    });
    term.defer(() => {
      changed[Symbol.dispose]();
      timer?.[Symbol.dispose]();
    });
  }

  config(): AutopilotConfig {
    return this.#context.state.autopilot().value ?? { ...this.#context.settings.autopilot, createIndex: 0, modifyIndex: 0 };
  }

  /** Consul api-docs, operator/autopilot: health. */
  health(): OperatorHealth {
    const servers = this.#context.members
      .servers()
      .filter(({ id, status }) => status !== "left" || this.#known.get(id)?.health.voter)
      .map((member) => this.#known.get(member.id)?.health)
      .filter((health) => health !== undefined);
    const voters = servers.filter((server) => server.voter);
    const healthyVoters = voters.filter((server) => server.healthy).length;
    const quorum = Math.floor(voters.length / 2) + 1;
    return { healthy: servers.length > 0 && servers.every((server) => server.healthy), failureTolerance: Math.max(0, healthyVoters - quorum), servers };
  }

  async #round(term: Scope): Promise<void> {
    await this.#look();
    for (const member of newcomers(this.#context)) if (!term.closed) await admit(this.#context, member, this.#told);
    if (!term.closed) await this.#promote();
    if (!term.closed) await this.#removeLeft();
    if (!term.closed && this.config().cleanupDeadServers) await this.#prune();
  }

  async #look(): Promise<void> {
    const context = this.#context;
    const members = context.members.servers();
    const own = serverStats(context);
    const stats = await Promise.all(members.map((member) => (member.id === context.settings.id ? own : this.#ask(member))));
    const config = this.config();
    const known = new Map<NodeId, Known>();
    members.forEach((member, at) => {
      known.set(member.id, this.#judge(member, stats[at], { own, config }));
    });
    this.#known = known;
    const health = this.health();
    context.meters.autopilotHealthy.set(health.healthy ? 1 : 0);
    context.meters.autopilotTolerance.set(health.failureTolerance);
  }

  async #ask(member: Member): Promise<ServerStats | undefined> {
    try {
      return await this.#context.rpc.call({ id: member.id, address: member.address }, "Status.Server", {}, { timeoutMs: healthTimeoutMs });
    } catch (error) {
      this.#context.logger.debug("Server does not tell how it is", { server: member.name, error: messageOf(error) });
      return undefined;
    }
  }

  #judge(member: Member, stats: ServerStats | undefined, against: { readonly own: ServerStats; readonly config: AutopilotConfig }): Known {
    const { clock } = this.#context.platform;
    const { own, config } = against;
    const leader = member.id === this.#context.settings.id;
    const inTouch = leader || (stats?.lastContactMs ?? Number.POSITIVE_INFINITY) <= config.lastContactThresholdMs || config.lastContactThresholdMs === 0;
    const healthy =
      stats !== undefined &&
      member.status === "alive" &&
      stats.lastTerm === own.lastTerm &&
      stats.lastIndex + config.maxTrailingLogs >= own.lastIndex &&
      inTouch;
    const before = this.#known.get(member.id);
    const steady = before !== undefined && before.health.healthy === healthy;
    const health: ServerHealth = {
      id: member.id,
      name: member.name,
      address: member.address,
      serfStatus: member.status,
      version: stats?.version ?? before?.health.version ?? "",
      leader,
      lastContactMs: leader ? 0 : (stats?.lastContactMs ?? -1),
      lastTerm: stats?.lastTerm ?? 0,
      lastIndex: stats?.lastIndex ?? 0,
      healthy,
      voter: member.voter,
      stableSince: steady ? before.health.stableSince : formatTime(clock.wall()),
    };
    return { health, since: steady ? before.since : clock.now() };
  }

  async #promote(): Promise<void> {
    const { clock } = this.#context.platform;
    const learners = new Set(this.#context.raft.status().configuration.servers.flatMap(({ id, suffrage }) => (suffrage === "learner" ? [id] : [])));
    const stableMs = this.config().serverStabilizationTimeMs;
    for (const [id, { health, since }] of this.#known) {
      if (!learners.has(id) || !health.healthy || clock.now() - since < stableMs) continue;
      this.#context.logger.info("Server has been healthy for long enough: it votes from now on", { server: health.name });
      await this.#context.raft.changeMembership({ kind: "promote", id });
      this.#pruneFailed = true;
    }
  }

  /** Who said goodbye is no member of raft any longer either. Its own leave, and others', may have gone unheard. */
  async #removeLeft(): Promise<void> {
    const { raft, members, settings, logger } = this.#context;
    const left = new Set(members.servers().flatMap(({ id, status }) => (status === "left" ? [id] : [])));
    for (const { id, name } of raft.status().configuration.servers) {
      if (!left.has(id) || id === settings.id) continue;
      logger.info("Removing server that left", { server: name, id });
      await raft.changeMembership({ kind: "remove", id });
    }
  }

  /** Servers that answer this leader: after a partition sooner than the pool knows of it. */
  #inTouch(): ReadonlySet<NodeId> {
    const { raft, settings } = this.#context;
    const near = raft.status().peers.filter(({ lastContactMs }) => (lastContactMs ?? Number.POSITIVE_INFINITY) < settings.failedAfterMs);
    return new Set(near.map(({ id }) => id));
  }

  /** Never so many that those that stay could lose their quorum by it, nor below `minQuorum` voters. */
  async #prune(): Promise<void> {
    const { members: source, settings } = this.#context;
    const members = source.servers();
    const deadAfterMs = source.pooled ? Math.min(pooledDeadAfterMs, settings.deadAfterMs) : settings.deadAfterMs;
    const inTouch = this.#inTouch();
    const dead = members.filter(({ id, status, failedForMs }) => status === "failed" && !inTouch.has(id) && (this.#pruneFailed || failedForMs >= deadAfterMs));
    this.#pruneFailed = false;
    const voters = members.filter((member) => member.voter).length;
    const deadVoters = dead.filter((member) => member.voter).length;
    if (dead.length === 0) return;
    if (deadVoters >= Math.ceil(voters / 2) || voters - deadVoters < this.config().minQuorum) {
      this.#context.logger.warn("Dead servers stay: too few would be left", { dead: dead.length, voters, minQuorum: this.config().minQuorum });
      return;
    }
    for (const member of dead) {
      this.#context.logger.info("Removing dead server", { server: member.name, id: member.id });
      if (this.#context.raft.status().configuration.servers.some(({ id }) => id === member.id))
        await this.#context.raft.changeMembership({ kind: "remove", id: member.id });
      await source.dismiss(member.name);
    }
  }
}
