import { KvorumError, messageOf } from "../base/errors.ts";
import type { Connection, ConnectionHandlers, Platform } from "../platform/index.ts";
import type { StreamMessage } from "./core/index.ts";
import type { Keyring } from "./keyring.ts";
import { STREAM_BYTES_MAX, STREAMS_MAX } from "./limits.ts";
import type { GossipMetrics } from "./metrics.ts";
import type { RateLog } from "./rate-log.ts";
import { encodeStream, StreamReader, StreamRefusal } from "./wire/envelope.ts";
import { WireError } from "./wire/error.ts";

/** What a pool's transport works with, its streams included. */
export interface TransportParts {
  readonly platform: Platform;
  readonly keyring: Keyring;
  readonly metrics: GossipMetrics;
  readonly log: RateLog;
  readonly compress: boolean;
  readonly streamTimeoutMs: number;
}

const NO_BYTES = new Uint8Array();

type Serve = (message: StreamMessage) => { readonly answer: StreamMessage | undefined; readonly after?: () => void };

/** Streams from outside: one message in, at most one out, and the end. Bounded in number, in bytes and in time. */
export class StreamServer {
  readonly #parts: TransportParts;
  readonly #serve: Serve;
  #open = 0;
  #bytes = 0;

  constructor(parts: TransportParts, serve: Serve) {
    this.#parts = parts;
    this.#serve = serve;
  }

  accept(connection: Connection): ConnectionHandlers {
    const { metrics, platform, keyring, streamTimeoutMs } = this.#parts;
    metrics.tcpAccept.add(1);
    this.#open++;
    const reader = new StreamReader(keyring.opening);
    let held = 0;
    let done = false;
    const deadline = platform.clock.after(streamTimeoutMs, () => {
      if (!done) this.#unread(connection, `it was not done in ${streamTimeoutMs} ms`);
      done = true;
      connection.destroy();
    });
    const release = (): void => {
      this.#bytes -= held;
      held = 0;
    };
    if (this.#open > STREAMS_MAX) this.#tooMuch(connection);
    return {
      onData: (bytes) => {
        if (done) return;
        held += bytes.length;
        this.#bytes += bytes.length;
        if (this.#open > STREAMS_MAX || this.#bytes > STREAM_BYTES_MAX) {
          done = true;
          return this.#tooMuch(connection);
        }
        done = this.#take(connection, reader, bytes);
        if (done) release();
      },
      onClose: () => {
        this.#open--;
        if (!done && held > 0) this.#unread(connection, "it ended in the middle of a message");
        done = true;
        release();
        deadline[Symbol.dispose]();
      },
    };
  }

  #tooMuch(connection: Connection): void {
    this.#parts.metrics.streamsRefused.add(1);
    this.#parts.log.warn("streams", "A stream was closed since too much is under way", { from: connection.remote, open: this.#open, bytes: this.#bytes });
    connection.destroy();
  }

  #unread(connection: Connection, error: string): void {
    this.#parts.metrics.badMessages.add(1);
    this.#parts.log.warn("stream", "A stream could not be read", { from: connection.remote, error });
  }

  /** True when the stream has said what it had to say. */
  #take(connection: Connection, reader: StreamReader, bytes: Buffer): boolean {
    try {
      const message = reader.push(bytes, false);
      if (message === undefined) return false;
      const { answer, after } = this.#serve(message);
      if (answer !== undefined) this.#answer(connection, answer);
      else connection.end();
      after?.();
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#unread(connection, error.message);
      if (error instanceof StreamRefusal) this.#answer(connection, { kind: "error", error: error.message });
      else connection.destroy();
    }
    return true;
  }

  #answer(connection: Connection, message: StreamMessage): void {
    const { compress, keyring, metrics } = this.#parts;
    const bytes = encodeStream(message, { compress, sealing: keyring.sealing });
    metrics.tcpSent.add(bytes.length);
    connection.write(bytes);
    connection.end();
  }
}

interface RequestParts extends TransportParts {
  readonly timeoutMs: number;
  /** What gives up requests, while they are under way; called when the pool closes. */
  readonly underWay: Set<() => void>;
}

/** Opens a stream, says `message` and waits for the one answer, all within `timeoutMs`. */
export function streamRequest(address: string, message: StreamMessage, parts: RequestParts): Promise<StreamMessage> {
  const { platform, keyring, compress, metrics, timeoutMs, underWay } = parts;
  metrics.tcpConnect.add(1);
  return new Promise((resolve, reject) => {
    const reader = new StreamReader(keyring.opening);
    let open: Connection | undefined;
    let cancelConnect = (): void => undefined;
    let settled = false;
    const settle = (outcome: StreamMessage | KvorumError): void => {
      if (settled) return;
      settled = true;
      deadline[Symbol.dispose]();
      underWay.delete(giveUp);
      cancelConnect();
      open?.destroy();
      if (outcome instanceof KvorumError) reject(outcome);
      else resolve(outcome);
    };
    const giveUp = (): void => settle(new KvorumError("unavailable", "The pool was closed"));
    underWay.add(giveUp);
    const deadline = platform.clock.after(timeoutMs, () => settle(new KvorumError("timeout", `No answer from ${address} in ${timeoutMs} ms`)));
    const take = (bytes: Uint8Array, ended: boolean): void => {
      try {
        const answer = reader.push(bytes, ended);
        if (answer?.kind === "error") settle(new KvorumError("unavailable", `${address} refused: ${answer.error}`));
        else if (answer !== undefined) settle(answer);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        metrics.badMessages.add(1);
        settle(error);
      }
    };
    const handlers: ConnectionHandlers = {
      onData: (bytes) => {
        if (!settled) take(bytes, false);
      },
      onClose: (error) => {
        if (settled) return;
        if (error === undefined) take(NO_BYTES, true);
        settle(
          new KvorumError("unavailable", `${address} closed the stream without an answer${error === undefined ? "" : `: ${messageOf(error)}`}`, {
            cause: error,
          }),
        );
      },
    };
    platform.network
      .connect(
        address,
        () => handlers,
        timeoutMs,
        (cancel) => {
          cancelConnect = cancel;
        },
      )
      .then(
        (connection) => {
          open = connection;
          if (settled) return connection.destroy();
          const bytes = encodeStream(message, { compress, sealing: keyring.sealing });
          metrics.tcpSent.add(bytes.length);
          connection.write(bytes);
        },
        (error: unknown) => settle(error instanceof KvorumError ? error : new KvorumError("unavailable", messageOf(error), { cause: error })),
      );
  });
}
