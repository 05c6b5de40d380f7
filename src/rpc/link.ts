import { KvorumError } from "../base/errors.ts";
import type { NodeId } from "../base/ids.ts";
import { decodeMsgpack, encodeMsgpack } from "../base/msgpack.ts";
import type { Backend, MethodName, Streams } from "../model/index.ts";
import type { Clock, Connection, ConnectionHandlers, Logger } from "../platform/index.ts";
import { type CallOptions, Calls, refusalOf } from "./calls.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import { FRAME, FrameReader } from "./frames.ts";
import { decodeHello, encodeHello, type Hello, type Purpose, refuseConsul } from "./hello.ts";
import * as limits from "./limits.ts";
import type { RpcMeters } from "./meters.ts";
import { Outbox } from "./outbox.ts";
import { Serving } from "./serving.ts";

/** What a link needs from whoever holds it. */
export interface LinkHost {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly logger: Logger;
  readonly meters: RpcMeters;
  /** How long the other end may take to say who it is. */
  readonly helloTimeoutMs: number;
  self(purpose: Purpose): Hello;
  /** Whoever answers calls that come on such a connection; `undefined` while this server starts. */
  handler(purpose: Purpose): Backend | undefined;
  /** A text when whoever is at the other end has no business here. */
  refuse(hello: Hello, link: Link): string | undefined;
  opened(link: Link, hello: Hello): void;
  /** Once, last of all. */
  closed(link: Link, error: Error | undefined): void;
  /** Somebody sent what cannot be read; the connection is being closed. */
  unreadable(remote: string, why: string): void;
  raft(from: NodeId, message: unknown): void;
  book(entries: unknown): void;
}

/** What an end that makes a connection knows of it. */
export interface Dialed {
  readonly address: string;
  readonly purpose: Purpose;
}

/**
 * One connection between two servers, or a client and a server: the handshake, then calls, streams and raft messages in both directions.
 *
 * Errors of calls: those of the other server, with their code and text; `unavailable` when nothing was sent;
 * `leadership-lost` with the text `EOF` when the connection broke on the way; `timeout`.
 */
export class Link {
  /** Where this end called; `undefined` when the other end did. */
  readonly dialed: Dialed | undefined;
  readonly remote: string;
  readonly #host: LinkHost;
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #reader: FrameReader;
  readonly #calls: Calls;
  readonly #serving: Serving;
  #hello: Hello | undefined;
  #begun = false;
  #lastHeard: number;
  #watch: Deadline | undefined;
  #closed = false;
  #reason: Error | undefined;

  constructor(host: LinkHost, connection: Connection, dialed: Dialed | undefined) {
    const { meters, logger } = host;
    const { remote } = connection;
    this.#host = host;
    this.#connection = connection;
    this.dialed = dialed;
    this.remote = remote;
    this.#outbox = new Outbox(connection);
    this.#reader = new FrameReader(limits.maxHelloBytes, (kind, body) => this.#frame(kind, body));
    this.#calls = new Calls(this.#outbox, host.deadlines);
    this.#serving = new Serving({ outbox: this.#outbox, meters, logger, remote, handler: () => host.handler(this.purpose), fail: (error) => this.fail(error) });
    this.#lastHeard = host.clock.now();
    this.#watch = host.deadlines.add(host.helloTimeoutMs, () => this.fail(new KvorumError("unavailable", "No handshake in time")));
    if (dialed !== undefined) this.#outbox.urgent(FRAME.hello, encodeHello(host.self(dialed.purpose)));
  }

  readonly handlers: ConnectionHandlers = {
    onData: (bytes) => this.#data(bytes),
    onDrain: () => this.#outbox.drained(),
    onClose: (error) => this.#gone(error),
  };

  /** Who is at the other end; `undefined` before the handshake. */
  get hello(): Hello | undefined {
    return this.#hello;
  }

  /** What it is for; `client`, which may do least, before the other end has said so. */
  get purpose(): Purpose {
    return this.dialed?.purpose ?? this.#hello?.purpose ?? "client";
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Closes the connection for this reason: calls on their way fail. */
  fail(error: Error): void {
    if (this.#closed) return;
    this.#reason ??= error;
    this.#connection.destroy();
  }

  /** False when the queue is full and the message was dropped. */
  sendRaft(message: Uint8Array): boolean {
    if (this.#outbox.urgentBytes > limits.maxQueuedRaftBytes) return false;
    this.#outbox.urgent(FRAME.raft, message);
    return true;
  }

  sendBook(entries: unknown): void {
    this.#outbox.urgent(FRAME.book, encodeMsgpack(entries));
  }

  call(method: MethodName, request: unknown, options: CallOptions): Promise<unknown> {
    const refused = this.#refusal();
    return refused === undefined ? this.#calls.call(method, request, options) : Promise.reject(refused);
  }

  /** See `Calls.download`. */
  download(request: Streams["Snapshot.Save"]["request"]): Promise<Streams["Snapshot.Save"]["response"]> {
    const refused = this.#refusal();
    return refused === undefined ? this.#calls.download(request) : Promise.reject(refused);
  }

  /** See `Calls.upload`. */
  upload(request: object, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const refused = this.#refusal();
    return refused === undefined ? this.#calls.upload(request, chunks) : Promise.reject(refused);
  }

  #refusal(): KvorumError | undefined {
    const why = this.#closed || this.#hello === undefined ? "Not connected" : refusalOf(this.#calls, this.#outbox);
    return why === undefined ? undefined : new KvorumError("unavailable", `${why}: ${this.remote}`);
  }

  #data(bytes: Buffer): void {
    this.#lastHeard = this.#host.clock.now();
    try {
      if (!this.#begun) refuseConsul(bytes);
      this.#begun = true;
      this.#reader.push(bytes);
    } catch (error) {
      if (!(error instanceof KvorumError)) throw error;
      this.#host.meters.requestError.add(1);
      this.#host.unreadable(this.remote, error.message);
      this.fail(error);
    }
  }

  #frame(kind: number, body: Buffer): void {
    if (this.#closed || this.#reason !== undefined) return;
    if (this.#hello === undefined) this.#shake(kind, body);
    else if (kind === FRAME.raft) this.#raft(body, this.#hello.id);
    else if (kind === FRAME.dataUp || kind === FRAME.dataDown) this.#streamData(kind, body);
    else this.#control(kind, decodeMsgpack(body));
  }

  /** Whoever is no server of this cluster has no say in it. */
  #raft(body: Buffer, from: NodeId): void {
    if (this.purpose !== "cluster") throw new KvorumError("corrupt", `Cannot take a raft message from a ${this.purpose}`);
    this.#host.raft(from, decodeMsgpack(body));
  }

  #shake(kind: number, body: Buffer): void {
    if (kind === FRAME.refuse && this.dialed !== undefined) {
      const [text] = asList(decodeMsgpack(body));
      this.fail(new KvorumError("unavailable", `Refused by ${this.remote}: ${String(text).slice(0, 200)}`));
      return;
    }
    if (kind !== FRAME.hello) throw new KvorumError("corrupt", `Cannot read handshake: frame ${kind} came first`);
    const hello = decodeHello(body);
    const refusal = this.#host.refuse(hello, this);
    if (refusal !== undefined) {
      this.#outbox.urgent(FRAME.refuse, encodeMsgpack([refusal]));
      this.#outbox.flush();
      this.#reason = new KvorumError("unavailable", refusal);
      this.#connection.end();
      return;
    }
    this.#hello = hello;
    this.#reader.allow(limits.maxFrameBytes);
    if (this.dialed === undefined) this.#outbox.urgent(FRAME.hello, encodeHello(this.#host.self("cluster")));
    this.#watchSilence();
    this.#host.opened(this, hello);
  }

  /** The other machine may be gone without a word: nobody who is there stays silent when pinged. */
  #watchSilence(): void {
    if (this.#watch !== undefined) this.#host.deadlines.cancel(this.#watch);
    this.#watch = this.#host.deadlines.add(limits.pingAfterMs, () => {
      const silentMs = this.#host.clock.now() - this.#lastHeard;
      if (silentMs >= limits.silentAfterMs) this.fail(new KvorumError("unavailable", `Nothing heard from ${this.remote} for ${Math.round(silentMs)} ms`));
      else {
        if (silentMs >= limits.pingAfterMs) this.#outbox.urgent(FRAME.ping, encodeMsgpack([]));
        this.#watchSilence();
      }
    });
  }

  #control(kind: number, body: unknown): void {
    const fields = asList(body);
    if (kind === FRAME.ping) this.#outbox.urgent(FRAME.pong, encodeMsgpack([]));
    else if (kind === FRAME.book) this.#book(fields);
    else if (kind !== FRAME.pong) this.#numbered(kind, fields);
  }

  #book(entries: readonly unknown[]): void {
    if (this.purpose === "cluster") this.#host.book(entries);
  }

  #numbered(kind: number, fields: readonly unknown[]): void {
    const id = asCount(fields[0]);
    switch (kind) {
      case FRAME.call:
        return this.#serving.call(id, fields[1], fields[2]);
      case FRAME.open:
        return this.#serving.open(id, fields[1], fields[2]);
      case FRAME.cancel:
        return this.#serving.cancel(id);
      case FRAME.endUp:
        return this.#serving.ended(id);
      case FRAME.creditDown:
        return this.#serving.granted(id, asCount(fields[1]));
      case FRAME.reply:
        return this.#calls.replied(id, fields[1]);
      case FRAME.fail:
        return this.#calls.failed(id, fields[1], fields[2]);
      case FRAME.endDown:
        return this.#calls.ended(id, fields[1], fields[2]);
      case FRAME.creditUp:
        return this.#calls.granted(id, asCount(fields[1]));
      default:
        // A newer server may speak of things that this one does not know; it copes with silence.
        this.#host.logger.debug("Frame of unknown kind", { remote: this.remote, kind });
    }
  }

  #streamData(kind: number, body: Buffer): void {
    if (body.byteLength < 4) throw new KvorumError("corrupt", "Cannot read stream: it has no number");
    const id = body.readUInt32BE(0);
    if (kind === FRAME.dataUp) this.#serving.data(id, body.subarray(4));
    else this.#calls.data(id, body.subarray(4));
  }

  #gone(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#outbox.close();
    if (this.#watch !== undefined) this.#host.deadlines.cancel(this.#watch);
    const why = new KvorumError("leadership-lost", "EOF", { cause: this.#reason ?? error });
    this.#calls.close(why);
    this.#serving.close(why);
    this.#host.closed(this, this.#reason ?? error);
  }
}

function asList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new KvorumError("corrupt", "Cannot read frame: not a list");
  return value as readonly unknown[];
}

function asCount(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new KvorumError("corrupt", "Cannot read frame: not a count");
  return value;
}
