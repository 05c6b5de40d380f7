/** How a read may be answered. Consul api-docs, consistency modes. */
export type Consistency = "default" | "stale" | "consistent";

/** What comes with every read. */
export interface ReadOptions {
  /** Empty: this server's own. */
  readonly datacenter: string;
  readonly token: string;
  readonly consistency: Consistency;
  /** With `stale`: an answer older than this is asked of the leader instead; `undefined`: no bound. */
  readonly maxStaleMs: number | undefined;
  /** Answer when the index is above this; 0: at once. A uint64 text beyond 2^53 arrives as the largest safe integer. */
  readonly minIndex: number;
  /** How long to wait for that; 0 stands for the default of 5 minutes. */
  readonly maxWaitMs: number;
  /** A filter expression; empty: none. */
  readonly filter: string;
}

export interface WriteOptions {
  readonly datacenter: string;
  readonly token: string;
}

/** What every read tells besides its value. */
export interface ReadMeta {
  readonly index: number;
  /** Milliseconds since the answering server last heard from the leader; 0 on the leader. */
  readonly lastContactMs: number;
  readonly knownLeader: boolean;
}

/** A read's answer. */
export interface Read<T> {
  readonly value: T;
  readonly meta: ReadMeta;
}
