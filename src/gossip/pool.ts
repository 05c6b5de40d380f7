import { BadRequestError, KvorumError } from "../base/errors.ts";
import { pause } from "../platform/index.ts";
import { Coordinates } from "./coordinates.ts";
import { type Address, type Coordinate, type DatagramMessage, distanceSeconds, type StreamMessage, spreadMs } from "./core/index.ts";
import { PoolEffects } from "./effects.ts";
import { Engine } from "./engine.ts";
import { filtersMatch } from "./filters.ts";
import { addressText } from "./ip.ts";
import { PushPulls } from "./join.ts";
import { KeyManager } from "./key-manager.ts";
import { BROADCAST_TIMEOUT_MS, EVENT_BYTES, LEAVE_PROPAGATE_MS, RECONNECT_INTERVAL_MS, STREAM_USER_BYTES_MAX } from "./limits.ts";
import { candidateOf, poolMember } from "./members.ts";
import { packedTags } from "./meta.ts";
import type { PoolParts } from "./parts.ts";
import { QueryBook } from "./queries.ts";
import { rejoin } from "./rejoin.ts";
import type { Clocks } from "./snapshot.ts";
import type { Accusation, Gossip, JoinResult, Keys, MemberEvent, NameConflict, PoolEvent, PoolMember, PoolQuery, QueryOptions, QueryRun } from "./types.ts";
import { encodeMessage } from "./wire/memberlist.ts";
import { decodeTags, encodeSerf } from "./wire/serf.ts";

/** memberlist 1 to 5, speaking 2; Serf 2 to 5, speaking 4: what Consul 1.8.7 says of itself. */
const VERSIONS = Uint8Array.of(1, 5, 2, 2, 5, 4);
const HOUR_MS = 3_600_000;

/** One pool as this process sees it: the cores with the world around them. */
export class Pool implements Gossip {
  readonly name: string;
  readonly address: string;
  readonly keys: Keys;
  readonly #parts: PoolParts;
  readonly #engine: Engine;
  readonly #coordinates: Coordinates;
  readonly #queries: QueryBook;
  readonly #pushPulls: PushPulls;
  readonly #effects: PoolEffects;
  #tags: ReadonlyMap<string, string>;
  #leaving: Promise<void> | undefined;
  #stopped = false;

  constructor(parts: PoolParts) {
    const { settings, platform, metrics } = parts;
    this.#parts = parts;
    this.name = settings.name;
    this.address = addressText(parts.address);
    this.#tags = settings.tags;
    this.#coordinates = new Coordinates(platform.random, metrics);
    this.#effects = new PoolEffects(parts, this.#coordinates, () => ({ engine: this.#engine, queries: this.#queries, pushPulls: this.#pushPulls }));
    this.#engine = this.#makeEngine();
    const { clock, random, network } = platform;
    this.#queries = new QueryBook({ engine: this.#engine, clock, random, gossipIntervalMs: settings.timing.gossipIntervalMs, name: this.name });
    this.keys = new KeyManager(this.#engine, this.#queries);
    this.#pushPulls = new PushPulls({
      engine: this.#engine,
      transport: () => parts.transport,
      clock,
      network,
      metrics,
      log: parts.rateLog,
      streamTimeoutMs: settings.timing.streamTimeoutMs,
      defaultPort: () => parts.address.port,
    });
  }

  get encrypted(): boolean {
    return this.#parts.keyring.encrypted;
  }

  get stopped(): boolean {
    return this.#stopped || this.#effects.lostName;
  }

  start(): void {
    this.#parts.log.info("Started", { name: this.name, address: this.address, encrypted: this.encrypted });
    this.#engine.start();
    const { scope, remembered } = this.#parts;
    if (remembered !== undefined) scope.spawn("rejoin", (signal) => rejoin(remembered, this.#rejoinParts(), signal));
  }

  members(): readonly PoolMember[] {
    return this.#engine.serf
      .members()
      .map(poolMember)
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  member(name: string): PoolMember | undefined {
    const member = this.#engine.serf.member(name);
    return member === undefined ? undefined : poolMember(member);
  }

  localMember(): PoolMember {
    const { ip, port } = this.#parts.address;
    const none = { name: this.name, ip, port, tags: this.#tags, status: "none", statusLTime: 0n, versions: VERSIONS, goneMs: 0 } as const;
    return this.member(this.name) ?? poolMember(none);
  }

  accusations(): readonly Accusation[] {
    const suspects = this.#engine.gossip.members().filter(({ state }) => state === "suspect");
    return suspects.map(({ name, sinceMs, accusers }) => ({ name, sinceMs, accusers }));
  }

  async join(addresses: readonly string[], options: { readonly ignoreOld?: boolean } = {}): Promise<JoinResult> {
    const result = await this.#pushPulls.join(addresses, options.ignoreOld ?? true);
    for (const { address, message } of result.errors) this.#parts.rateLog.warn("join", "Cannot join", { address, error: message });
    if (result.joined > 0) this.#engine.serfStep({ kind: "joined" });
    return result;
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async forceLeave(name: string, options: { readonly prune?: boolean } = {}): Promise<void> {
    if (this.#engine.serf.member(name) === undefined) throw new KvorumError("not-found", `No member is named "${name}"`);
    this.#engine.serfStep({ kind: "force-leave", node: name, prune: options.prune ?? false });
  }

  setTags(tags: ReadonlyMap<string, string>): void {
    const meta = packedTags(tags);
    this.#tags = tags;
    this.#engine.step({ kind: "update-meta", meta });
  }

  fireEvent(name: string, payload: Uint8Array, options: { readonly coalesce?: boolean } = {}): void {
    const bytes = Buffer.byteLength(name) + payload.length;
    const most = this.#parts.settings.eventBytesMax ?? EVENT_BYTES;
    const message = { kind: "event", ltime: this.#engine.serf.clocks.event, name, payload, coalesce: options.coalesce ?? false } as const;
    if (bytes > most || encodeSerf(message).length > most)
      throw new BadRequestError(`Cannot fire event "${name}": it has ${bytes} bytes, at most ${most} are allowed, packing included`);
    this.#engine.serfStep({ ...message, kind: "fire" });
  }

  query(options: QueryOptions): QueryRun {
    return this.#queries.ask(options);
  }

  coordinate(name: string = this.name): Coordinate | undefined {
    return name === this.name ? this.#coordinates.own : this.#coordinates.of(name);
  }

  rttSeconds(a: string, b: string = this.name): number | undefined {
    const [one, other] = [this.coordinate(a), this.coordinate(b)];
    return one === undefined || other === undefined ? undefined : distanceSeconds(one, other);
  }

  onMember(listener: (event: MemberEvent) => void | Promise<void>): Disposable {
    return this.#effects.members.listen(listener);
  }

  onEvent(listener: (event: PoolEvent) => void | Promise<void>): Disposable {
    return this.#effects.events.listen(listener);
  }

  onConflict(listener: (conflict: NameConflict) => void | Promise<void>): Disposable {
    return this.#effects.conflicts.listen(listener);
  }

  onQuery(listener: (query: PoolQuery) => void | Promise<void>): Disposable {
    return this.#effects.asked.listen(listener);
  }

  stats(): Readonly<Record<string, string>> {
    const { gossip, serf } = this.#engine;
    const members = serf.members();
    const { clocks, queued } = serf;
    const count = (status: string): string => String(members.filter((member) => member.status === status).length);
    return {
      coordinate_resets: String(this.#coordinates.resets),
      encrypted: String(this.encrypted),
      event_queue: String(queued.events),
      event_time: String(clocks.event),
      failed: count("failed"),
      health_score: String(gossip.healthScore),
      intent_queue: String(queued.intents),
      left: count("left"),
      member_time: String(clocks.member),
      members: String(members.length),
      query_queue: String(queued.queries),
      query_time: String(clocks.query),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#stopped) this.#parts.log.info("Stopped", { name: this.name });
    this.#stopped = true;
    this.#engine[Symbol.dispose]();
    this.#queries.close();
    this.#effects.close();
    await this.#parts.scope[Symbol.asyncDispose]();
  }

  /** The last Lamport times seen, for the file of members: one below what would be sent next. */
  clocksSeen(): Clocks {
    const { member, event, query } = this.#engine.serf.clocks;
    return { member: member - 1n, event: event - 1n, query: query - 1n };
  }

  onDatagram(from: Address, messages: readonly DatagramMessage[]): void {
    this.#engine.step({ kind: "datagram", from, messages });
  }

  onSendFailed(to: Address): void {
    this.#engine.step({ kind: "send-failed", to });
  }

  onStream(message: StreamMessage): { readonly answer: StreamMessage | undefined; readonly after?: () => void } {
    switch (message.kind) {
      case "push-pull":
        return { answer: this.#pushPulls.localState(message.join), after: () => void this.#merged(message) };
      case "ping":
        return { answer: message.node === "" || message.node === this.name ? { kind: "ack", seqNo: message.seqNo, payload: undefined } : undefined };
      case "user":
        if (message.payload.length <= STREAM_USER_BYTES_MAX) this.#effects.user(message.payload);
        return { answer: undefined };
      case "ack":
      case "error":
        return { answer: undefined };
    }
  }

  #merged(message: StreamMessage & { kind: "push-pull" }): void {
    const refusal = this.#pushPulls.merge(message, message.join, false);
    if (refusal !== undefined) this.#parts.rateLog.warn("merge", "A list was not taken over", { reason: refusal });
  }

  #makeEngine(): Engine {
    const { settings, platform, keyring, address, remembered } = this.#parts;
    const { timing, guard } = settings;
    const random = (below: number): number => platform.random.int(below);
    const common = { name: settings.name, address, random };
    return new Engine({
      clock: platform.clock,
      gossip: {
        ...common,
        timing,
        meta: packedTags(settings.tags),
        versions: VERSIONS,
        encode: encodeMessage,
        ackPayload: () => this.#coordinates.payload(),
        reservedBytes: () => keyring.reservedBytes,
        ...(guard === undefined
          ? {}
          : {
              refuse: (node) => guard.refuse(candidateOf(node, address)),
              refuseList: (nodes) => guard.refuseList?.(nodes.map((node) => candidateOf(node, address))),
            }),
      },
      serf: {
        ...common,
        reconnectTimeoutMs: settings.reconnectTimeoutMs ?? 72 * HOUR_MS,
        tombstoneTimeoutMs: settings.tombstoneTimeoutMs ?? 24 * HOUR_MS,
        reconnectIntervalMs: settings.reconnectIntervalMs ?? RECONNECT_INTERVAL_MS,
        retransmitMult: timing.retransmitMult,
        gossipIntervalMs: timing.gossipIntervalMs,
        wrap: (message) => encodeMessage({ kind: "user", payload: encodeSerf(message) }),
        tagsOf: decodeTags,
        matches: (filters) => filtersMatch(filters, this.name, this.#tags),
        ...(remembered === undefined || remembered.clocks.member === 0n ? {} : { clocks: remembered.clocks }),
      },
      hooks: this.#effects,
    });
  }

  #rejoinParts(): Parameters<typeof rejoin>[1] {
    const { log, platform, settings } = this.#parts;
    const { clock, random } = platform;
    const againMs = settings.reconnectIntervalMs ?? RECONNECT_INTERVAL_MS;
    return { self: this.name, pushPulls: this.#pushPulls, clock, random, log, againMs, alone: () => this.#engine.gossip.aliveCount < 2 };
  }

  async #leave(): Promise<void> {
    const { file, log, settings } = this.#parts;
    if (this.#stopped) return;
    log.info("Leaving", { name: this.name });
    const alone = this.#engine.gossip.aliveCount < 2;
    file?.leave();
    this.#engine.step({ kind: "hurry" });
    await this.#told("leave-told", () => this.#engine.serfStep({ kind: "leave" }), alone);
    await this.#told("left", () => void this.#engine.step({ kind: "leave" }), false);
    const spread = Math.min(LEAVE_PROPAGATE_MS, spreadMs(settings.timing, this.#engine.gossip.size));
    if (!alone) await pause(this.#parts.platform.clock, settings.leavePropagateMs ?? spread, this.#parts.scope.signal);
    await this[Symbol.asyncDispose]();
  }

  /** Begins something that is to be told to all and waits until it has been, or long enough. */
  async #told(what: "left" | "leave-told", begin: () => void, alone: boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#parts.platform.clock.after(alone ? 0 : BROADCAST_TIMEOUT_MS, resolve);
      this.#effects.waiting.set(what, () => {
        timer[Symbol.dispose]();
        resolve();
      });
      begin();
    });
    this.#effects.waiting.delete(what);
  }
}
