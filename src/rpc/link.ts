import { type ErrorCode, KvorumError, messageOf } from "../base/errors.ts";
import type { NodeId } from "../base/ids.ts";
import { decodeMsgpack, encodeMsgpack } from "../base/msgpack.ts";
import type { Backend, MethodName, Streams } from "../model/index.ts";
import type { Clock, Connection, ConnectionHandlers, Logger } from "../platform/index.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import { encodeData, FRAME, FrameReader } from "./frames.ts";
import { decodeHello, encodeHello, type Hello } from "./hello.ts";
import * as limits from "./limits.ts";
import type { RpcMeters } from "./meters.ts";
import { Outbox } from "./outbox.ts";
import { decodeRequest, decodeStreamRequest, isMethod } from "./requests.ts";
import { InStream, OutStream } from "./stream.ts";

/** What a link needs from whoever holds it. */
export interface LinkHost {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly logger: Logger;
  readonly meters: RpcMeters;
  self(): Hello;
  /** Whoever answers calls; `undefined` while this server starts. */
  handler(): Backend | undefined;
  /** A text when the other server is none of ours. */
  refuse(hello: Hello): string | undefined;
  opened(link: Link, hello: Hello): void;
  /** Once, last of all. */
  closed(link: Link, error: Error | undefined): void;
  raft(from: NodeId, message: unknown): void;
  book(entries: unknown): void;
}

interface PendingCall {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  deadline: Deadline | undefined;
}

interface Download extends PendingCall {
  readonly body: InStream;
}

/** What a caller may set on one call. */
export interface CallOptions {
  /** Rejects with `timeout` after this. */
  readonly timeoutMs: number;
  readonly onCancel: ((cancel: () => void) => void) | undefined;
}

/**
 * One connection between two servers: the handshake, then calls, streams and raft messages in both directions.
 *
 * Errors of calls: those of the other server, with their code and text; `unavailable` when nothing was sent;
 * `leadership-lost` with the text `EOF` when the connection broke on the way; `timeout`.
 */
export class Link {
  /** Whether this server made the connection. */
  readonly dialed: boolean;
  readonly remote: string;
  readonly #host: LinkHost;
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #reader: FrameReader;
  readonly #calls = new Map<number, PendingCall>();
  readonly #downloads = new Map<number, Download>();
  readonly #uploads = new Map<number, OutStream>();
  readonly #serving = new Map<number, () => void>();
  readonly #servedUploads = new Map<number, InStream>();
  readonly #servedDownloads = new Map<number, OutStream>();
  #hello: Hello | undefined;
  #nextCall = 0;
  #lastHeard: number;
  #watch: Deadline | undefined;
  #closed = false;
  #reason: Error | undefined;

  constructor(host: LinkHost, connection: Connection, dialed: boolean) {
    this.#host = host;
    this.#connection = connection;
    this.dialed = dialed;
    this.remote = connection.remote;
    this.#outbox = new Outbox(connection);
    this.#reader = new FrameReader(limits.maxHelloBytes, (kind, body) => this.#frame(kind, body));
    this.#lastHeard = host.clock.now();
    this.#watch = host.deadlines.add(limits.helloTimeoutMs, () => this.fail(new KvorumError("unavailable", "No handshake in time")));
    if (dialed) this.#outbox.urgent(FRAME.hello, encodeHello(host.self()));
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
    if (refused !== undefined) return Promise.reject(refused);
    const id = this.#newId();
    return new Promise((resolve, reject) => {
      const deadline = this.#host.deadlines.add(options.timeoutMs, () => this.#abort(id, new KvorumError("timeout", "rpc call timed out")));
      this.#calls.set(id, { resolve, reject, deadline });
      options.onCancel?.(() => this.#abort(id, new KvorumError("unavailable", "Call cancelled")));
      this.#outbox.bulk(FRAME.call, encodeMsgpack([id, method, request]));
    });
  }

  /** Resolves with the head of the stream as soon as the other end sends. */
  download(request: Streams["Snapshot.Save"]["request"]): Promise<Streams["Snapshot.Save"]["response"]> {
    const refused = this.#refusal();
    if (refused !== undefined) return Promise.reject(refused);
    const id = this.#newId();
    return new Promise((resolve, reject) => {
      const body = new InStream({
        grant: (bytes) => this.#outbox.urgent(FRAME.creditDown, encodeMsgpack([id, bytes])),
        abandon: () => this.#cancel(id),
      });
      const started = (meta: unknown): void => resolve({ meta: meta as Streams["Snapshot.Save"]["response"]["meta"], chunks: body });
      this.#downloads.set(id, { resolve: started, reject, body, deadline: undefined });
      this.#outbox.bulk(FRAME.open, encodeMsgpack([id, "Snapshot.Save", request]));
    });
  }

  /** Resolves when the other end has taken and used all of it. */
  upload(request: object, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const refused = this.#refusal();
    if (refused !== undefined) return Promise.reject(refused);
    const id = this.#newId();
    const out = new OutStream();
    this.#uploads.set(id, out);
    return new Promise<void>((resolve, reject) => {
      this.#calls.set(id, { resolve: () => resolve(), reject, deadline: undefined });
      this.#outbox.bulk(FRAME.open, encodeMsgpack([id, "Snapshot.Restore", request]));
      out.pump(chunks, (piece) => this.#outbox.bulkFrame(encodeData(FRAME.dataUp, id, piece))).then(
        () => this.#outbox.bulk(FRAME.endUp, encodeMsgpack([id])),
        (error: unknown) => this.#abort(id, asError(error)),
      );
    });
  }

  #refusal(): KvorumError | undefined {
    if (this.#closed || this.#hello === undefined) return new KvorumError("unavailable", `Not connected to ${this.remote}`);
    if (this.#calls.size >= limits.maxCallsInFlight) return new KvorumError("unavailable", `Too many calls in flight to ${this.remote}`);
    if (this.#outbox.bulkBytes > limits.maxQueuedCallBytes) return new KvorumError("unavailable", `Too many bytes waiting for ${this.remote}`);
    return undefined;
  }

  #newId(): number {
    do this.#nextCall = (this.#nextCall + 1) >>> 0;
    while (this.#calls.has(this.#nextCall) || this.#downloads.has(this.#nextCall));
    return this.#nextCall;
  }

  #cancel(id: number): void {
    this.#downloads.delete(id);
    if (!this.#closed) this.#outbox.urgent(FRAME.cancel, encodeMsgpack([id]));
  }

  #abort(id: number, error: Error): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    this.#uploads.get(id)?.break(error);
    this.#uploads.delete(id);
    if (call.deadline !== undefined) this.#host.deadlines.cancel(call.deadline);
    this.#cancel(id);
    call.reject(error);
  }

  #data(bytes: Buffer): void {
    this.#lastHeard = this.#host.clock.now();
    try {
      this.#reader.push(bytes);
    } catch (error) {
      if (!(error instanceof KvorumError)) throw error;
      this.#host.meters.requestError.add(1);
      this.#host.logger.warn("Connection closed: it sent what cannot be read", { remote: this.remote, error: error.message });
      this.fail(error);
    }
  }

  #frame(kind: number, body: Buffer): void {
    if (this.#closed || this.#reason !== undefined) return;
    if (this.#hello === undefined) this.#shake(kind, body);
    else if (kind === FRAME.raft) this.#host.raft(this.#hello.id, decodeMsgpack(body));
    else if (kind === FRAME.dataUp || kind === FRAME.dataDown) this.#streamData(kind, body);
    else this.#control(kind, decodeMsgpack(body));
  }

  #shake(kind: number, body: Buffer): void {
    if (kind === FRAME.refuse && this.dialed) {
      const [text] = asList(decodeMsgpack(body));
      this.fail(new KvorumError("unavailable", `Refused by ${this.remote}: ${String(text).slice(0, 200)}`));
      return;
    }
    if (kind !== FRAME.hello) throw new KvorumError("corrupt", `Cannot read handshake: frame ${kind} came first`);
    const hello = decodeHello(body);
    const refusal = this.#host.refuse(hello);
    if (refusal !== undefined) {
      this.#outbox.urgent(FRAME.refuse, encodeMsgpack([refusal]));
      this.#outbox.flush();
      this.#reason = new KvorumError("unavailable", refusal);
      this.#connection.end();
      return;
    }
    this.#hello = hello;
    this.#reader.allow(limits.maxFrameBytes);
    if (!this.dialed) this.#outbox.urgent(FRAME.hello, encodeHello(this.#host.self()));
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
    if (kind === FRAME.ping) return this.#outbox.urgent(FRAME.pong, encodeMsgpack([]));
    if (kind === FRAME.pong) return;
    if (kind === FRAME.book) return this.#host.book(fields);
    const id = fields[0];
    if (typeof id !== "number") throw new KvorumError("corrupt", `Cannot read frame ${kind}: it has no number`);
    switch (kind) {
      case FRAME.call: return this.#serve(id, fields[1], fields[2]);
      case FRAME.open: return this.#serveStream(id, fields[1], fields[2]);
      case FRAME.reply: return this.#settle(id, fields[1], undefined);
      case FRAME.fail: return this.#settle(id, undefined, remoteError(fields[1], fields[2]));
      case FRAME.cancel: return this.#cancelServed(id);
      case FRAME.creditUp: return this.#uploads.get(id)?.granted(asCount(fields[1]));
      case FRAME.creditDown: return this.#servedDownloads.get(id)?.granted(asCount(fields[1]));
      case FRAME.endUp: return this.#servedUploads.get(id)?.end();
      case FRAME.endDown: return this.#endDownload(id, fields[1], fields[2]);
      default:
        // A newer server may speak of things that this one does not know; it copes with silence.
        this.#host.logger.debug("Frame of unknown kind", { remote: this.remote, kind });
    }
  }

  #settle(id: number, value: unknown, error: KvorumError | undefined): void {
    const download = this.#downloads.get(id);
    const call = this.#calls.get(id) ?? download;
    if (call === undefined) return;
    this.#calls.delete(id);
    this.#uploads.get(id)?.break(error ?? new KvorumError("unavailable", "Stream closed by its reader"));
    this.#uploads.delete(id);
    if (call.deadline !== undefined) this.#host.deadlines.cancel(call.deadline);
    if (error === undefined) call.resolve(value);
    else {
      this.#downloads.delete(id);
      call.reject(error);
    }
  }

  #streamData(kind: number, body: Buffer): void {
    if (body.byteLength < 4) throw new KvorumError("corrupt", "Cannot read stream: it has no number");
    const id = body.readUInt32BE(0);
    const stream = kind === FRAME.dataUp ? this.#servedUploads.get(id) : this.#downloads.get(id)?.body;
    stream?.push(body.subarray(4));
  }

  #endDownload(id: number, code: unknown, text: unknown): void {
    this.#downloads.get(id)?.body.end(code === undefined ? undefined : remoteError(code, text));
    this.#downloads.delete(id);
  }

  #serve(id: number, method: unknown, request: unknown): void {
    this.#host.meters.request.add(1);
    const handler = this.#host.handler();
    if (handler === undefined) return this.#failCall(id, new KvorumError("no-leader", "Server is starting"));
    if (this.#serving.size >= limits.maxCallsInFlight) return this.#failCall(id, new KvorumError("unavailable", "Too many calls in flight"));
    if (!isMethod(method)) return this.#failCall(id, new KvorumError("not-found", `Unknown method "${String(method).slice(0, 100)}"`));
    let decoded: ReturnType<typeof decodeRequest>;
    try {
      decoded = decodeRequest(method, request);
    } catch (error) {
      this.#host.meters.requestError.add(1);
      return this.#failCall(id, error);
    }
    this.#serving.set(id, nothing);
    handler
      .call(method, decoded, (cancel) => {
        if (this.#serving.has(id)) this.#serving.set(id, cancel);
      })
      .then(
        (value) => this.#answer(id, value),
        (error: unknown) => this.#failCall(id, error),
      );
  }

  #answer(id: number, value: unknown): void {
    if (!this.#serving.delete(id) || this.#closed) return;
    const body = encodeMsgpack([id, value]);
    if (body.byteLength > limits.maxMessageBytes) return this.#failCall(id, new KvorumError("too-large", `Answer of ${body.byteLength} bytes is too large`));
    this.#outbox.bulk(FRAME.reply, body);
    if (this.#outbox.bulkBytes > limits.maxQueuedReplyBytes) this.fail(new KvorumError("unavailable", `${this.remote} does not read its answers`));
  }

  #failCall(id: number, error: unknown): void {
    this.#serving.delete(id);
    if (this.#closed) return;
    if (!(error instanceof KvorumError)) {
      this.#host.meters.requestError.add(1);
      this.#host.logger.error("Call failed for a reason that is a fault of Kvorum's own", { remote: this.remote, error: error instanceof Error ? error.stack : String(error) });
    }
    this.#outbox.bulk(FRAME.fail, encodeMsgpack([id, error instanceof KvorumError ? error.code : "internal", messageOf(error)]));
  }

  #cancelServed(id: number): void {
    const cancel = this.#serving.get(id);
    this.#serving.delete(id);
    const gone = new KvorumError("unavailable", "Stream abandoned by the other server");
    this.#servedUploads.get(id)?.end(gone);
    this.#servedDownloads.get(id)?.break(gone);
    cancel?.();
  }

  #serveStream(id: number, name: unknown, request: unknown): void {
    this.#host.meters.request.add(1);
    const handler = this.#host.handler();
    if (handler === undefined) return this.#failCall(id, new KvorumError("no-leader", "Server is starting"));
    let decoded: ReturnType<typeof decodeStreamRequest>;
    try {
      decoded = decodeStreamRequest(name, request);
    } catch (error) {
      return this.#failCall(id, error);
    }
    this.#serving.set(id, nothing);
    if (decoded.name === "Snapshot.Save") this.#serveDownload(id, handler.saveSnapshot(decoded.request));
    else this.#serveUpload(id, handler, decoded.request);
  }

  #serveDownload(id: number, saving: Promise<Streams["Snapshot.Save"]["response"]>): void {
    const out = new OutStream();
    this.#servedDownloads.set(id, out);
    const send = async (): Promise<void> => {
      const { meta, chunks } = await saving;
      if (this.#closed) return;
      this.#outbox.bulk(FRAME.reply, encodeMsgpack([id, meta]));
      try {
        await out.pump(chunks, (piece) => this.#outbox.bulkFrame(encodeData(FRAME.dataDown, id, piece)));
        if (!this.#closed) this.#outbox.bulk(FRAME.endDown, encodeMsgpack([id]));
      } catch (error) {
        if (!this.#closed) this.#outbox.bulk(FRAME.endDown, encodeMsgpack([id, error instanceof KvorumError ? error.code : "internal", messageOf(error)]));
      }
    };
    send()
      .catch((error: unknown) => this.#failCall(id, error))
      .finally(() => {
        this.#serving.delete(id);
        this.#servedDownloads.delete(id);
      })
      .catch(nothing);
  }

  #serveUpload(id: number, handler: Backend, request: Omit<Streams["Snapshot.Restore"]["request"], "body">): void {
    const body = new InStream({
      grant: (bytes) => this.#outbox.urgent(FRAME.creditUp, encodeMsgpack([id, bytes])),
      // The answer to the call tells the sender that its stream is wanted no more.
      abandon: nothing,
    });
    this.#servedUploads.set(id, body);
    handler
      .restoreSnapshot({ ...request, body })
      .then(
        () => this.#answer(id, undefined),
        (error: unknown) => this.#failCall(id, error),
      )
      .finally(() => this.#servedUploads.delete(id))
      .catch(nothing);
  }

  #gone(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#outbox.close();
    if (this.#watch !== undefined) this.#host.deadlines.cancel(this.#watch);
    const why = new KvorumError("leadership-lost", "EOF", { cause: this.#reason ?? error });
    for (const call of this.#calls.values()) {
      if (call.deadline !== undefined) this.#host.deadlines.cancel(call.deadline);
      call.reject(why);
    }
    this.#calls.clear();
    for (const download of this.#downloads.values()) {
      download.reject(why);
      download.body.end(why);
    }
    for (const out of [...this.#uploads.values(), ...this.#servedDownloads.values()]) out.break(why);
    for (const body of this.#servedUploads.values()) body.end(why);
    for (const cancel of this.#serving.values()) cancel();
    this.#serving.clear();
    this.#host.closed(this, this.#reason ?? error);
  }
}

function nothing(): void {
  // Calls that nobody can stop, and failures that were told already.
}

function asList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new KvorumError("corrupt", "Cannot read frame: not a list");
  return value as readonly unknown[];
}

function asCount(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new KvorumError("corrupt", "Cannot read frame: not a count");
  return value;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

const CODES: Readonly<Record<ErrorCode, true>> = {
  "bad-request": true,
  "permission-denied": true,
  "not-found": true,
  "method-not-allowed": true,
  conflict: true,
  "too-large": true,
  "too-many-requests": true,
  "no-leader": true,
  "not-leader": true,
  "leadership-lost": true,
  timeout: true,
  unavailable: true,
  "unknown-datacenter": true,
  disk: true,
  corrupt: true,
  config: true,
  internal: true,
};

/** The other server's error as it was there; a code that this version does not know counts as `internal`. */
function remoteError(code: unknown, text: unknown): KvorumError {
  const known = typeof code === "string" && Object.hasOwn(CODES, code) ? (code as ErrorCode) : "internal";
  return new KvorumError(known, typeof text === "string" ? text : "Unknown error");
}
