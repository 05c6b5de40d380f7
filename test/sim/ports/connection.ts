import type { Connection, ConnectionHandlers } from "../../../src/platform/index.ts";
import type { SimProcess } from "../engine/process.ts";
import { hashBytes } from "../engine/random.ts";
import type { Scheduler } from "../engine/scheduler.ts";
import type { Links } from "./links.ts";

const HIGH_WATER_BYTES = 64 * 1024;
/** 1 Gbit/s. */
const BYTES_PER_MS = 125_000;
/** How long a sender tries while nothing gets through, before its system gives the connection up. */
const GIVE_UP_MS = 20_000;

/** What carries the bytes of all connections. */
interface Carrier {
  readonly scheduler: Scheduler;
  readonly links: Links;
  forget(connection: SimConnection): void;
}

interface Ends {
  readonly process: SimProcess;
  readonly local: string;
  readonly remote: string;
  readonly host: string;
  readonly peerHost: string;
}

interface Segment {
  readonly bytes: Buffer;
  /** Earliest time at which it may arrive. */
  readonly at: number;
}

/** One end of a stream. Bytes come in order and whole; loss is delay, a cut holds them back, a reset loses what is under way. */
export class SimConnection implements Connection {
  readonly #net: Carrier;
  readonly #ends: Ends;
  #peer: SimConnection | undefined;
  #handlers: ConnectionHandlers | undefined;
  /** Sent and not yet arrived. */
  #way: Segment[] = [];
  #arrived: Buffer[] = [];
  #flowing = false;
  #buffered = 0;
  #wantsDrain = false;
  #paused = false;
  /** This end sends no more, once what is under way has arrived. */
  #ending = false;
  /** The other end has ended; closes once all has been read. */
  #peerEnded = false;
  #closed = false;
  #error: Error | undefined;
  #heldSince: number | undefined;

  constructor(net: Carrier, ends: Ends) {
    this.#net = net;
    this.#ends = ends;
  }

  get remote(): string {
    return this.#ends.remote;
  }

  get local(): string {
    return this.#ends.local;
  }

  get buffered(): number {
    return this.#buffered;
  }

  get usable(): boolean {
    return !this.#closed;
  }

  isOn(host: string): boolean {
    return this.#ends.host === host;
  }

  joinTo(peer: SimConnection): void {
    this.#peer = peer;
  }

  attach(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    if (this.#closed) this.#tellClosed();
    else this.#read();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#closed || this.#ending || !this.#ends.process.alive || bytes.length === 0) return this.#buffered < HIGH_WATER_BYTES;
    const now = this.#net.scheduler.now;
    const last = this.#way.at(-1)?.at ?? 0;
    this.#way.push({ bytes: Buffer.from(bytes), at: Math.max(last, now + this.#net.links.streamLatencyMs()) + bytes.length / BYTES_PER_MS });
    this.#buffered += bytes.length;
    this.flow();
    if (this.#buffered < HIGH_WATER_BYTES) return true;
    this.#wantsDrain = true;
    return false;
  }

  end(): void {
    if (this.#closed || this.#ending) return;
    this.#ending = true;
    this.flow();
  }

  destroy(): void {
    if (this.#closed) return;
    this.#close(undefined);
    const peer = this.#peer;
    this.#net.scheduler.world(this.#net.links.latencyMs(), () => peer?.lost());
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#ends.process.plan(0, "io", () => this.#read());
  }

  /** Both ends hear of it, as far as they live and can. */
  reset(): void {
    this.lost();
    this.#peer?.lost();
  }

  /** The other end is gone. Heard only when it can be heard; else when there is something to send. */
  lost(): void {
    if (this.#closed) return;
    const { host, peerHost, process } = this.#ends;
    if (!process.alive) {
      this.#net.forget(this);
      return;
    }
    if (this.#net.links.blocked(peerHost, host)) {
      this.#net.scheduler.world(GIVE_UP_MS, () => this.lost());
      return;
    }
    process.plan(this.#net.links.latencyMs(), "io", () => this.#close(new Error("read ECONNRESET")));
  }

  /** Brings what is under way forward; called again when something changed. */
  flow(): void {
    if (this.#flowing || this.#closed) return;
    const { links, scheduler } = this.#net;
    const { host, peerHost } = this.#ends;
    const next = this.#way[0];
    if (next === undefined) {
      if (this.#ending) this.#finish();
      return;
    }
    if (links.blocked(host, peerHost)) {
      this.#hold();
      return;
    }
    this.#heldSince = undefined;
    this.#flowing = true;
    scheduler.world(next.at - scheduler.now, () => {
      this.#flowing = false;
      if (!this.#closed) this.#deliver();
    });
  }

  #hold(): void {
    const { scheduler } = this.#net;
    if (this.#heldSince !== undefined) return;
    const since = scheduler.now;
    this.#heldSince = since;
    this.#ends.process.plan(GIVE_UP_MS, "io", () => {
      if (this.#heldSince === since) this.#close(new Error("write ETIMEDOUT"));
    });
  }

  #deliver(): void {
    const { links, scheduler } = this.#net;
    if (links.blocked(this.#ends.host, this.#ends.peerHost)) {
      this.#hold();
      return;
    }
    const peer = this.#peer;
    if (peer === undefined || peer.#closed || !peer.#ends.process.alive) {
      this.#way = [];
      if (!this.#net.links.blocked(this.#ends.peerHost, this.#ends.host)) this.lost();
      return;
    }
    let size = 0;
    for (let next = this.#way[0]; next !== undefined && next.at <= scheduler.now; next = this.#way[0]) {
      this.#way.shift();
      size += next.bytes.length;
      scheduler.note(hashBytes(next.bytes.subarray(0, 64)) ^ next.bytes.length);
      peer.#arrived.push(next.bytes);
    }
    peer.#ends.process.plan(0, "io", () => peer.#read());
    this.#ends.process.plan(0, "io", () => this.#drained(size));
    this.flow();
  }

  #drained(size: number): void {
    this.#buffered -= size;
    if (!this.#wantsDrain || this.#buffered >= HIGH_WATER_BYTES / 2 || this.#closed) return;
    this.#wantsDrain = false;
    this.#handlers?.onDrain?.();
  }

  #read(): void {
    if (this.#handlers === undefined || this.#paused || this.#closed) return;
    const bytes = Buffer.concat(this.#arrived);
    this.#arrived = [];
    if (bytes.length > 0) this.#handlers.onData(bytes);
    if (this.#peerEnded && !this.#closed && !this.#paused) this.#close(undefined);
  }

  #finish(): void {
    const peer = this.#peer;
    this.#net.scheduler.world(this.#net.links.latencyMs(), () => {
      if (peer === undefined) return;
      peer.#peerEnded = true;
      peer.#ends.process.plan(0, "io", () => peer.#read());
    });
    this.#ends.process.plan(0, "io", () => this.#close(undefined));
  }

  #close(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#error = error;
    this.#way = [];
    this.#net.forget(this);
    this.#ends.process.plan(0, "io", () => this.#tellClosed());
  }

  #tellClosed(): void {
    const handlers = this.#handlers;
    this.#handlers = undefined;
    handlers?.onClose(this.#error);
  }
}
