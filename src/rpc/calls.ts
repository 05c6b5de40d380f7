import { KvorumError } from "../base/errors.ts";
import { encodeMsgpack } from "../base/msgpack.ts";
import type { MethodName, Streams } from "../model/index.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import { encodeData, FRAME } from "./frames.ts";
import * as limits from "./limits.ts";
import type { Outbox } from "./outbox.ts";
import { decodeError } from "./remote-error.ts";
import { InStream, OutStream } from "./stream.ts";

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

/** The calls and streams that this end of a connection began. */
export class Calls {
  readonly #outbox: Outbox;
  readonly #deadlines: Deadlines;
  readonly #calls = new Map<number, PendingCall>();
  readonly #downloads = new Map<number, Download>();
  readonly #uploads = new Map<number, OutStream>();
  #nextId = 0;
  #closed = false;

  constructor(outbox: Outbox, deadlines: Deadlines) {
    this.#outbox = outbox;
    this.#deadlines = deadlines;
  }

  get size(): number {
    return this.#calls.size;
  }

  call(method: MethodName, request: unknown, options: CallOptions): Promise<unknown> {
    const id = this.#newId();
    return new Promise((resolve, reject) => {
      const deadline = this.#deadlines.add(options.timeoutMs, () => this.#abort(id, new KvorumError("timeout", "rpc call timed out")));
      this.#calls.set(id, { resolve, reject, deadline });
      options.onCancel?.(() => this.#abort(id, new KvorumError("unavailable", "Call cancelled")));
      if (this.#calls.has(id)) this.#outbox.bulk(FRAME.call, encodeMsgpack([id, method, request]));
    });
  }

  /** Resolves with the head of the stream as soon as the other end sends. */
  download(request: Streams["Snapshot.Save"]["request"]): Promise<Streams["Snapshot.Save"]["response"]> {
    const id = this.#newId();
    return new Promise((resolve, reject) => {
      const body = new InStream({
        grant: (bytes) => this.#outbox.urgent(FRAME.creditDown, encodeMsgpack([id, bytes])),
        abandon: () => this.#cancel(id),
      });
      // The other server's word is taken, as for any answer.
      const started = (meta: unknown): void => resolve({ meta: meta as Streams["Snapshot.Save"]["response"]["meta"], chunks: body });
      this.#downloads.set(id, { resolve: started, reject, body, deadline: undefined });
      this.#outbox.bulk(FRAME.open, encodeMsgpack([id, "Snapshot.Save", request]));
    });
  }

  /** Resolves when the other end has taken and used all of it. */
  upload(request: object, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const id = this.#newId();
    const out = new OutStream();
    this.#uploads.set(id, out);
    return new Promise<void>((resolve, reject) => {
      this.#calls.set(id, { resolve: () => resolve(), reject, deadline: undefined });
      this.#outbox.bulk(FRAME.open, encodeMsgpack([id, "Snapshot.Restore", request]));
      out
        .pump(chunks, (piece) => this.#outbox.bulkFrame(encodeData(FRAME.dataUp, id, piece)))
        .then(
          () => this.#outbox.bulk(FRAME.endUp, encodeMsgpack([id])),
          (error: unknown) => this.#abort(id, error instanceof Error ? error : new Error(String(error))),
        );
    });
  }

  replied(id: number, value: unknown): void {
    const call = this.#take(id);
    if (call !== undefined) call.resolve(value);
    else this.#downloads.get(id)?.resolve(value);
  }

  failed(id: number, code: unknown, text: unknown): void {
    const call = this.#take(id) ?? this.#downloads.get(id);
    this.#downloads.delete(id);
    call?.reject(decodeError(code, text));
  }

  data(id: number, bytes: Uint8Array): void {
    this.#downloads.get(id)?.body.push(bytes);
  }

  /** The other end has sent all of a stream, or could not go on. */
  ended(id: number, code: unknown, text: unknown): void {
    this.#downloads.get(id)?.body.end(code === undefined ? undefined : decodeError(code, text));
    this.#downloads.delete(id);
  }

  granted(id: number, bytes: number): void {
    this.#uploads.get(id)?.granted(bytes);
  }

  /** The connection broke: all of it fails with `why`. */
  close(why: KvorumError): void {
    this.#closed = true;
    for (const call of this.#calls.values()) {
      if (call.deadline !== undefined) this.#deadlines.cancel(call.deadline);
      call.reject(why);
    }
    this.#calls.clear();
    for (const download of this.#downloads.values()) {
      download.reject(why);
      download.body.end(why);
    }
    this.#downloads.clear();
    for (const out of this.#uploads.values()) out.break(why);
    this.#uploads.clear();
  }

  #newId(): number {
    do this.#nextId = (this.#nextId + 1) >>> 0;
    while (this.#calls.has(this.#nextId) || this.#downloads.has(this.#nextId));
    return this.#nextId;
  }

  #take(id: number): PendingCall | undefined {
    const call = this.#calls.get(id);
    if (call === undefined) return undefined;
    this.#calls.delete(id);
    this.#uploads.get(id)?.break(new KvorumError("unavailable", "Stream closed by its reader"));
    this.#uploads.delete(id);
    if (call.deadline !== undefined) this.#deadlines.cancel(call.deadline);
    return call;
  }

  #abort(id: number, error: Error): void {
    const call = this.#take(id);
    if (call === undefined) return;
    this.#cancel(id);
    call.reject(error);
  }

  #cancel(id: number): void {
    this.#downloads.delete(id);
    if (!this.#closed) this.#outbox.urgent(FRAME.cancel, encodeMsgpack([id]));
  }
}

/** Why a call cannot be begun now; nothing was sent then. */
export function refusalOf(calls: Calls, outbox: Outbox): string | undefined {
  if (calls.size >= limits.maxCallsInFlight) return "Too many calls in flight";
  if (outbox.bulkBytes > limits.maxQueuedCallBytes) return "Too many bytes waiting";
  return undefined;
}
