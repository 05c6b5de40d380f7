import { KvorumError } from "../base/errors.ts";
import { keepsName } from "./conflict.ts";
import type { Coordinates } from "./coordinates.ts";
import type { GossipEffect, Relay, SerfEffect } from "./core/index.ts";
import type { Engine, EngineHooks } from "./engine.ts";
import { Feed } from "./feed.ts";
import { answerInternal, INTERNAL_PREFIX } from "./internal-queries.ts";
import { addressText } from "./ip.ts";
import type { PushPulls } from "./join.ts";
import { poolMember } from "./members.ts";
import type { PoolParts } from "./parts.ts";
import type { QueryBook } from "./queries.ts";
import type { MemberEvent, NameConflict, PoolEvent, PoolQuery } from "./types.ts";
import { WireError } from "./wire/error.ts";
import { encodeMessage } from "./wire/memberlist.ts";
import { decodeSerf, encodeSerf } from "./wire/serf.ts";

/** memberlist's version from which on a member knows relayed messages. */
const RELAY_VERSION = 5;
const NO_BYTES = new Uint8Array();

/** What effects reach besides the world. */
export interface Inside {
  readonly engine: Engine;
  readonly queries: QueryBook;
  readonly pushPulls: PushPulls;
}

/** What the cores want done, done: sends, streams, logs, metrics, and what listeners are told. */
export class PoolEffects implements EngineHooks {
  readonly members: Feed<MemberEvent>;
  readonly events: Feed<PoolEvent>;
  readonly conflicts: Feed<NameConflict>;
  readonly asked: Feed<PoolQuery>;
  /** Called once each when a leave has got so far. */
  readonly waiting = new Map<"left" | "leave-told", () => void>();
  readonly #parts: PoolParts;
  readonly #coordinates: Coordinates;
  readonly #inside: () => Inside;
  #oldMessages = 0;
  #defendingName = false;
  /** Set when the name is lost: the pool is silent from then on. */
  lostName = false;

  constructor(parts: PoolParts, coordinates: Coordinates, inside: () => Inside) {
    this.#parts = parts;
    this.#coordinates = coordinates;
    this.#inside = inside;
    const lost = (): void => parts.metrics.lostItems.add(1);
    [this.members, this.events, this.conflicts, this.asked] = [new Feed(lost), new Feed(lost), new Feed(lost), new Feed(lost)];
  }

  close(): void {
    for (const feed of [this.members, this.events, this.conflicts, this.asked]) feed.close();
    for (const wake of this.waiting.values()) wake();
  }

  stalled(ms: number): void {
    this.#parts.metrics.stalls.add(1);
    this.#parts.rateLog.warn("stall", "This process stood still: nobody is accused for it", { ms: Math.round(ms) });
  }

  ticked(ms: number): void {
    const { metrics } = this.#parts;
    const { gossip, serf } = this.#inside().engine;
    const { queued } = serf;
    metrics.gossip.observe(ms);
    metrics.oldMessages.add(gossip.oldMessages - this.#oldMessages);
    this.#oldMessages = gossip.oldMessages;
    metrics.health.set(gossip.healthScore);
    metrics.intentQueue.observe(queued.intents);
    metrics.queryQueue.observe(queued.queries);
    metrics.eventQueue.observe(queued.events);
  }

  gossip(effect: GossipEffect): void {
    const { transport, metrics, rateLog } = this.#parts;
    switch (effect.kind) {
      case "send":
        return transport.send(effect.to, effect.messages, effect.crc);
      case "stream-ping":
        return this.#streamPing(effect);
      case "push-pull":
        return this.#background(this.#inside().pushPulls.exchange(effect.to, { join: false, ignoreOld: false }), "A push/pull failed", effect.name);
      case "member":
        return (effect.change === "leave" ? metrics.dead : metrics.alive).add(1);
      case "conflict":
        return this.#conflict(effect);
      case "refused":
      case "merge-refused":
        metrics.refused.add(1);
        if (effect.kind === "refused") rateLog.warn("refused", "A node was not let in", { name: effect.name, reason: effect.reason });
        return;
      case "user":
        return this.user(effect.payload);
      case "round-trip":
        metrics.probe.observe(effect.rttMs);
        return this.#coordinates.heard(effect.name, effect.rttMs, effect.payload);
      case "left":
        return this.waiting.get("left")?.();
      case "note":
        return this.#note(effect.note, effect.name);
    }
  }

  serf(effect: SerfEffect): void {
    const { transport } = this.#parts;
    switch (effect.kind) {
      case "member":
        return this.#memberChanged({ change: effect.change, member: poolMember(effect.member) });
      case "event":
        this.#parts.metrics.event(effect.event.name);
        return this.events.push({ ...effect.event, payload: effect.event.payload ?? NO_BYTES });
      case "asked":
        return this.#askedUs(effect);
      case "send":
        return transport.send(effect.to, [effect.message], false);
      case "relay":
        return this.#relay(effect);
      case "answered":
        return this.#inside().queries.answered(effect);
      case "asking-done":
        return this.#inside().queries.done(effect.id);
      case "reconnect":
        return this.#background(
          this.#inside().pushPulls.exchange(effect.member, { join: true, ignoreOld: false }),
          "A failed member is still away",
          effect.member.name,
        );
      case "forget":
        return this.#coordinates.forget(effect.name);
      case "leave-told":
        return this.waiting.get("leave-told")?.();
    }
  }

  #memberChanged(event: MemberEvent): void {
    const { log, metrics, file } = this.#parts;
    const { change, member } = event;
    const address = `${member.ip.includes(":") ? `[${member.ip}]` : member.ip}:${member.port}`;
    metrics.member(change);
    log.info(`Member ${{ join: "joined", leave: "left", failed: "failed", update: "changed its tags", reap: "is forgotten" }[change]}`, {
      name: member.name,
      address,
    });
    if (change === "join" || change === "update") file?.alive(member.name, address);
    else if (change === "failed") file?.failed(member.name, address);
    else file?.gone(member.name);
    this.members.push(event);
  }

  #note(note: (GossipEffect & { kind: "note" })["note"], name: string): void {
    const { log, metrics, rateLog } = this.#parts;
    switch (note) {
      case "suspected":
        metrics.suspect.add(1);
        return log.info("A member is suspected", { name, by: this.#inside().engine.gossip.member(name)?.accusers.join(" ") });
      case "refuted":
        metrics.refuted.add(1);
        return rateLog.warn("refuted", "Refuted an accusation of this node", { incarnation: this.#inside().engine.gossip.incarnation });
      case "probe-failed":
        return metrics.probeFailed.add(1);
      case "only-stream-works":
        metrics.onlyStream.add(1);
        return rateLog.warn("only-stream", "A member answers on TCP but not on UDP: is UDP blocked?", { name });
      case "held-back":
        metrics.heldBack.add(1);
        return rateLog.warn("held-back", "Most of the pool seems to have failed at once: the fault may be here, so this waits", { name });
      case "confirmed":
      case "degraded":
        return;
    }
  }

  /** A Serf message that came in. */
  user(payload: Uint8Array): void {
    const { metrics, rateLog } = this.#parts;
    metrics.messagesReceived.observe(payload.length);
    try {
      this.#inside().engine.serfStep({ kind: "message", message: decodeSerf(payload) });
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      metrics.badMessages.add(1);
      rateLog.warn("serf", "A Serf message could not be read", { error: error.message });
    }
  }

  #askedUs({ query, deadlineMs }: SerfEffect & { kind: "asked" }): void {
    const { metrics, keyring, log } = this.#parts;
    metrics.queries.add(1);
    if (!query.name.startsWith(INTERNAL_PREFIX)) {
      const respond = (payload: Uint8Array): void => this.#inside().queries.respond(query, deadlineMs, payload);
      return this.asked.push({ name: query.name, payload: query.payload ?? NO_BYTES, from: query.sourceNode, respond });
    }
    const parts = {
      name: this.#parts.settings.name,
      keyring,
      member: (name: string) => this.#inside().engine.serf.member(name),
      log: (message: string, fields: object) => log.info(message, { ...fields }),
    };
    const answering = answerInternal(query, parts).then((payload) => {
      if (payload !== undefined) this.#inside().queries.respond(query, deadlineMs, payload);
    });
    this.#background(answering, "Cannot answer a query", query.name);
  }

  #relay({ to, toName, message, factor }: SerfEffect & { kind: "relay" }): void {
    const { gossip } = this.#inside().engine;
    if (gossip.size < factor + 1) return;
    const relay: Relay = { kind: "relay", ip: to.ip, port: to.port, zone: "", name: toName, inner: encodeSerf(message) };
    const bytes = encodeMessage({ kind: "user", payload: encodeSerf(relay) });
    for (const member of gossip.randomAlive(factor, ({ versions }) => (versions?.[1] ?? 0) >= RELAY_VERSION)) this.#parts.transport.send(member, [bytes], true);
  }

  #streamPing({ to, ping, deadlineMs }: GossipEffect & { kind: "stream-ping" }): void {
    const leftMs = Math.max(1, deadlineMs - this.#parts.platform.clock.now());
    const asking = this.#parts.transport.request(to, ping, leftMs).then((answer) => {
      if (answer.kind === "ack" && answer.seqNo === ping.seqNo) this.#inside().engine.step({ kind: "stream-ack", seqNo: ping.seqNo });
    });
    this.#background(asking, "A stream ping was not answered", ping.node);
  }

  #conflict({ existing, other }: GossipEffect & { kind: "conflict" }): void {
    const { rateLog, metrics, platform, settings } = this.#parts;
    const own = existing.name === this.#parts.settings.name;
    const conflict = { name: existing.name, holder: addressText(existing), claimant: addressText({ ip: other.addr ?? NO_BYTES, port: other.port }), own };
    metrics.conflicts.add(1);
    const seconds = Math.round((platform.clock.now() - existing.sinceMs) / 1000);
    const remedy = `if that machine is gone: kvorum force-leave ${existing.name}`;
    rateLog.warn("conflict", `The name "${existing.name}" is taken`, { ...conflict, state: existing.state, forSeconds: seconds, remedy });
    this.conflicts.push(conflict);
    if (own && settings.resolveNameConflicts === true && !this.#defendingName) this.#parts.scope.spawn("name", () => this.#defendName());
  }

  async #defendName(): Promise<void> {
    this.#defendingName = true;
    const kept = await keepsName(this.#inside().queries, this.#parts.settings.name, this.#parts.address);
    this.#defendingName = false;
    if (kept || this.#parts.scope.closed) return;
    this.#parts.log.error("Most of the pool knows another node under this name: stopping", { name: this.#parts.settings.name });
    this.lostName = true;
    this.#inside().engine[Symbol.dispose](); // silent from now on; the owner, who sees `stopped`, disposes
  }

  /** For what may fail without harm: it is tried again, or somebody else does it. */
  #background(task: Promise<unknown>, message: string, name: string): void {
    task.catch((error: unknown) => {
      if (!(error instanceof KvorumError)) throw error;
      if (!this.#parts.scope.closed) this.#parts.log.debug(message, { name, error: error.message });
    });
  }
}
