import { KvorumError } from "../base/errors.ts";
import { encodeMsgpack } from "../base/msgpack.ts";
import type { Backend, Streams } from "../model/index.ts";
import type { Logger } from "../platform/index.ts";
import { encodeData, FRAME } from "./frames.ts";
import * as limits from "./limits.ts";
import type { RpcMeters } from "./meters.ts";
import type { Outbox } from "./outbox.ts";
import { encodeError } from "./remote-error.ts";
import { decodeRequest, decodeStreamRequest, isMethod } from "./requests.ts";
import { InStream, OutStream } from "./stream.ts";

export interface ServingOptions {
  readonly outbox: Outbox;
  readonly meters: RpcMeters;
  readonly logger: Logger;
  /** Address of the other end, for the log. */
  readonly remote: string;
  /** Whoever answers; `undefined` while this server starts. */
  readonly handler: () => Backend | undefined;
  /** Closes the connection. */
  readonly fail: (error: KvorumError) => void;
}

/** The calls and streams that the other end of a connection began, and this one answers. */
export class Serving {
  readonly #with: ServingOptions;
  readonly #cancels = new Map<number, () => void>();
  readonly #uploads = new Map<number, InStream>();
  readonly #downloads = new Map<number, OutStream>();
  #closed = false;

  constructor(options: ServingOptions) {
    this.#with = options;
  }

  call(id: number, method: unknown, request: unknown): void {
    const handler = this.#admit(id);
    if (handler === undefined) return;
    if (!isMethod(method)) {
      this.#fail(id, new KvorumError("not-found", `Unknown method "${String(method).slice(0, 100)}"`));
      return;
    }
    let decoded: ReturnType<typeof decodeRequest>;
    try {
      decoded = decodeRequest(method, request);
    } catch (error) {
      this.#with.meters.requestError.add(1);
      this.#fail(id, error);
      return;
    }
    this.#cancels.set(id, nothing);
    const onCancel = (cancel: () => void): void => {
      if (this.#cancels.has(id)) this.#cancels.set(id, cancel);
    };
    handler.call(method, decoded, onCancel).then(
      (value) => this.#answer(id, value),
      (error: unknown) => this.#fail(id, error),
    );
  }

  open(id: number, name: unknown, request: unknown): void {
    const handler = this.#admit(id);
    if (handler === undefined) return;
    let decoded: ReturnType<typeof decodeStreamRequest>;
    try {
      decoded = decodeStreamRequest(name, request);
    } catch (error) {
      this.#with.meters.requestError.add(1);
      this.#fail(id, error);
      return;
    }
    this.#cancels.set(id, nothing);
    if (decoded.name === "Snapshot.Save") this.#send(id, handler.saveSnapshot(decoded.request));
    else this.#receive(id, handler, decoded.request);
  }

  cancel(id: number): void {
    const cancel = this.#cancels.get(id);
    this.#cancels.delete(id);
    const gone = new KvorumError("unavailable", "Stream abandoned by the other server");
    this.#uploads.get(id)?.end(gone);
    this.#downloads.get(id)?.break(gone);
    cancel?.();
  }

  data(id: number, bytes: Uint8Array): void {
    this.#uploads.get(id)?.push(bytes);
  }

  ended(id: number): void {
    this.#uploads.get(id)?.end();
  }

  granted(id: number, bytes: number): void {
    this.#downloads.get(id)?.granted(bytes);
  }

  /** The connection broke: whoever waits for these clients is told. */
  close(why: KvorumError): void {
    this.#closed = true;
    for (const out of this.#downloads.values()) out.break(why);
    for (const body of this.#uploads.values()) body.end(why);
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }

  #admit(id: number): Backend | undefined {
    this.#with.meters.request.add(1);
    const handler = this.#with.handler();
    if (handler === undefined) this.#fail(id, new KvorumError("no-leader", "Server is starting"));
    else if (this.#cancels.size >= limits.maxCallsInFlight) this.#fail(id, new KvorumError("unavailable", "Too many calls in flight"));
    else return handler;
    return undefined;
  }

  #answer(id: number, value: unknown): void {
    if (!this.#cancels.delete(id) || this.#closed) return;
    const { outbox, fail, remote } = this.#with;
    const body = encodeMsgpack([id, value]);
    if (body.byteLength > limits.maxMessageBytes) {
      this.#fail(id, new KvorumError("too-large", `Answer of ${body.byteLength} bytes is too large`));
      return;
    }
    outbox.bulk(FRAME.reply, body);
    if (outbox.bulkBytes > limits.maxQueuedReplyBytes) fail(new KvorumError("unavailable", `${remote} does not read its answers`));
  }

  #fail(id: number, error: unknown): void {
    this.#cancels.delete(id);
    if (this.#closed) return;
    this.#noteFault(error);
    this.#with.outbox.bulk(FRAME.fail, encodeMsgpack([id, ...encodeError(error)]));
  }

  #noteFault(error: unknown): void {
    if (error instanceof KvorumError) return;
    this.#with.meters.requestError.add(1);
    this.#with.logger.error("Call failed by a fault of Kvorum's own", {
      remote: this.#with.remote,
      error: error instanceof Error ? error.stack : String(error),
    });
  }

  #send(id: number, saving: Promise<Streams["Snapshot.Save"]["response"]>): void {
    const out = new OutStream();
    this.#downloads.set(id, out);
    this.#stream(id, out, saving)
      .catch((error: unknown) => this.#fail(id, error))
      .finally(() => {
        this.#cancels.delete(id);
        this.#downloads.delete(id);
      })
      .catch(nothing);
  }

  async #stream(id: number, out: OutStream, saving: Promise<Streams["Snapshot.Save"]["response"]>): Promise<void> {
    const { meta, chunks } = await saving;
    const { outbox } = this.#with;
    if (this.#closed) return;
    outbox.bulk(FRAME.reply, encodeMsgpack([id, meta]));
    let end: readonly unknown[] = [id];
    try {
      await out.pump(chunks, (piece) => outbox.bulkFrame(encodeData(FRAME.dataDown, id, piece)));
    } catch (error) {
      this.#noteFault(error);
      end = [id, ...encodeError(error)];
    }
    if (!this.#closed) outbox.bulk(FRAME.endDown, encodeMsgpack(end));
  }

  #receive(id: number, handler: Backend, request: Omit<Streams["Snapshot.Restore"]["request"], "body">): void {
    const body = new InStream({
      grant: (bytes) => {
        if (!this.#closed) this.#with.outbox.urgent(FRAME.creditUp, encodeMsgpack([id, bytes]));
      },
      // The answer to the call tells the sender that its stream is wanted no more.
      abandon: nothing,
    });
    this.#uploads.set(id, body);
    handler
      .restoreSnapshot({ ...request, body })
      .then(
        () => this.#answer(id, undefined),
        (error: unknown) => this.#fail(id, error),
      )
      .finally(() => this.#uploads.delete(id))
      .catch(nothing);
  }
}

function nothing(): void {
  // Calls that nobody can stop, and failures that were told already.
}
