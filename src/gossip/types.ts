import type { Coordinate, LamportTime, QueryFilter, SerfStatus, Timing } from "./core/index.ts";

/** Three versions of a protocol: what a member could speak, and what it does speak. */
export interface VersionRange {
  readonly min: number;
  readonly max: number;
  readonly current: number;
}

/** A member of a pool as Serf has it. */
export interface PoolMember {
  readonly name: string;
  /** IPv4 or IPv6, as text. */
  readonly ip: string;
  readonly port: number;
  readonly tags: ReadonlyMap<string, string>;
  readonly status: SerfStatus;
  /** memberlist's protocol. */
  readonly protocol: VersionRange;
  /** Serf's protocol. */
  readonly delegate: VersionRange;
  /** When it failed or left, by the platform's monotonic clock; `undefined` while it is in the pool. */
  readonly goneSinceMs: number | undefined;
}

export type MemberChange = "join" | "leave" | "failed" | "update" | "reap";

export interface MemberEvent {
  readonly change: MemberChange;
  readonly member: PoolMember;
}

export interface PoolEvent {
  readonly name: string;
  readonly payload: Uint8Array;
  readonly ltime: LamportTime;
  readonly coalesce: boolean;
}

/** A question of somebody in the pool, other than those the pool answers by itself. */
export interface PoolQuery {
  readonly name: string;
  readonly payload: Uint8Array;
  readonly from: string;
  /** Sends the answer; once, before the query's time is up. Throws `bad-request` when it is too large, `timeout` when it is too late. */
  respond(payload: Uint8Array): void;
}

/** Somebody else claims a name that is taken. */
export interface NameConflict {
  readonly name: string;
  /** `ip:port` of who has it, and of who wants it. */
  readonly holder: string;
  readonly claimant: string;
  /** True when it is this node's own name. */
  readonly own: boolean;
}

/** What a guard sees of a node that wants in. */
export interface Candidate {
  readonly name: string;
  readonly ip: string;
  readonly port: number;
  readonly tags: ReadonlyMap<string, string>;
  /** True when it is listed as dead or left: it is in nobody's way. */
  readonly gone: boolean;
}

/** Who may be in a pool. Each gives the reason for a refusal. Asked often: must be quick and must not throw. */
export interface MergeGuard {
  /** Asked of every node that somebody calls alive. */
  refuse(node: Candidate): string | undefined;
  /** Asked of the whole list that comes with a join, after `refuse` has passed each. */
  refuseList?(nodes: readonly Candidate[]): string | undefined;
}

export interface EncryptionSettings {
  /** 16, 24 or 32 bytes each, the primary first; at least one. */
  readonly keys: readonly Uint8Array[];
  /** A JSON list of base64 keys, primary first: rewritten when keys change. It must have been read into `keys` by the caller. */
  readonly file?: string;
  /** Refuse what is not sealed (`encrypt_verify_incoming`); true when not given. */
  readonly verifyIncoming?: boolean;
  /** Seal what is sent (`encrypt_verify_outgoing`); true when not given. */
  readonly verifyOutgoing?: boolean;
}

export interface GossipSettings {
  /** This member's name, unique in the pool. */
  readonly name: string;
  /** `ip:port` for UDP and TCP alike; port 0 takes any. */
  readonly bind: string;
  /** `ip:port` that others are told; a port 0 is the bound one. Needed when bound to 0.0.0.0; the bound address when not given. */
  readonly advertise?: string;
  /** At most 512 bytes packed. */
  readonly tags: ReadonlyMap<string, string>;
  readonly timing: Timing;
  readonly encryption?: EncryptionSettings | undefined;
  /** Compress what gets shorter, and every stream; true when not given. */
  readonly compress?: boolean;
  readonly guard?: MergeGuard | undefined;
  /** Members as they were, in Serf's format, for an automatic rejoin; none: nothing is remembered. */
  readonly snapshotFile?: string | undefined;
  /** Rejoin even after a graceful leave (`rejoin_after_leave`). */
  readonly rejoinAfterLeave?: boolean;
  /** A failed member is forgotten after this, milliseconds; 72 h when not given. */
  readonly reconnectTimeoutMs?: number;
  /** One that left is forgotten after this, milliseconds; 24 h when not given. */
  readonly tombstoneTimeoutMs?: number;
  /** How often a failed member is tried again, milliseconds; 30 s when not given. In the first five minutes ten times as often. */
  readonly reconnectIntervalMs?: number;
  /** How long a leaver waits after it has told everybody, milliseconds; as long as news takes to spread, at most 3 s, when not given. */
  readonly leavePropagateMs?: number;
  /** Ask the pool whose name it is when it is claimed twice, and stop when we lose; false when not given, as in Consul. */
  readonly resolveNameConflicts?: boolean;
  /** Bytes of name and payload of one event; 512 when not given, at most 9216. */
  readonly eventBytesMax?: number;
  /** The log speaks as `gossip.<label>`, such as `lan`. */
  readonly label: string;
}

export interface JoinResult {
  /** How many addresses answered and took us in. */
  readonly joined: number;
  readonly errors: readonly JoinFault[];
}

/** Why an address could not be joined. */
export interface JoinFault {
  readonly address: string;
  readonly message: string;
  /** Whether it was found out what the address stands for. */
  readonly resolved: boolean;
}

export interface QueryOptions {
  readonly name: string;
  readonly payload?: Uint8Array;
  /** All must hold; none: everybody. */
  readonly filters?: readonly QueryFilter[];
  readonly wantAcks?: boolean;
  /** 0 to 5: so many others carry each answer as well. */
  readonly relayFactor?: number;
  /** Milliseconds; `defaultQueryTimeoutMs` when not given. */
  readonly timeoutMs?: number;
}

export interface QueryAnswer {
  readonly from: string;
  /** Only "heard it". */
  readonly ack: boolean;
  readonly payload: Uint8Array;
}

/** A query under way: its answers as they come, until its time is up or it is disposed. */
export interface QueryRun extends AsyncIterable<QueryAnswer>, Disposable {
  readonly timeoutMs: number;
}

export interface KeyResult {
  /** Members alive when it was asked, this one included. */
  readonly nodes: number;
  readonly answers: number;
  readonly errors: number;
  /** What members had to say, by name: failures, and lists that were cut short. */
  readonly messages: ReadonlyMap<string, string>;
  /** Base64 keys and how many members hold them; filled by `list`. */
  readonly keys: ReadonlyMap<string, number>;
  /** Base64 primary keys and how many members use them; filled by `list`. */
  readonly primaryKeys: ReadonlyMap<string, number>;
}

export interface KeyOptions {
  readonly relayFactor?: number;
}

/** The keys of the whole pool. Each call asks every member and waits for all answers or the query's time. Throws `bad-request` for a bad key. */
export interface Keys {
  list(options?: KeyOptions): Promise<KeyResult>;
  install(key: Uint8Array, options?: KeyOptions): Promise<KeyResult>;
  use(key: Uint8Array, options?: KeyOptions): Promise<KeyResult>;
  remove(key: Uint8Array, options?: KeyOptions): Promise<KeyResult>;
}

export interface Accusation {
  readonly name: string;
  readonly sinceMs: number;
  /** Who says so, in order. */
  readonly accusers: readonly string[];
}

/** One pool that this process is a member of. Disposing stops without a word, as a crash would; `leave` says goodbye first. */
export interface Gossip extends AsyncDisposable {
  readonly name: string;
  /** `ip:port` as others are told. */
  readonly address: string;
  readonly encrypted: boolean;
  /** Everybody known, failed and left ones until they are reaped; in order of name. */
  members(): readonly PoolMember[];
  member(name: string): PoolMember | undefined;
  localMember(): PoolMember;
  /** Who is suspected now, and by whom. */
  accusations(): readonly Accusation[];
  /** `ip`, `ip:port`, `host`, `host:port`, or any of these after `name/`. One answer is a success; rejects never. */
  join(addresses: readonly string[], options?: { readonly ignoreOld?: boolean }): Promise<JoinResult>;
  /** Tells everybody, waits until it has spread, and stops. */
  leave(): Promise<void>;
  /** Makes a failed member a left one; `prune` forgets it as well. Rejects with `not-found`. */
  forceLeave(name: string, options?: { readonly prune?: boolean }): Promise<void>;
  /** Throws `bad-request` above 512 bytes. */
  setTags(tags: ReadonlyMap<string, string>): void;
  /** Throws `bad-request` when name and payload are too long. */
  fireEvent(name: string, payload: Uint8Array, options?: { readonly coalesce?: boolean }): void;
  /** Throws `bad-request` when it is too long. */
  query(options: QueryOptions): QueryRun;
  readonly keys: Keys;
  /** This node's own coordinate, or the last one heard from a member. */
  coordinate(name?: string): Coordinate | undefined;
  /** The estimated round trip between two members in seconds; this one where no second name is given. */
  rttSeconds(a: string, b?: string): number | undefined;
  /** Listeners are called in order, one item at a time; the next one waits for the promise. They must not throw. */
  onMember(listener: (event: MemberEvent) => void | Promise<void>): Disposable;
  onEvent(listener: (event: PoolEvent) => void | Promise<void>): Disposable;
  onConflict(listener: (conflict: NameConflict) => void | Promise<void>): Disposable;
  onQuery(listener: (query: PoolQuery) => void | Promise<void>): Disposable;
  /** Numbers as text under Serf's names: `Stats.serf_lan` of `agent/self`. */
  stats(): Readonly<Record<string, string>>;
  /** True from `leave`, a lost name or disposal on. */
  readonly stopped: boolean;
}
