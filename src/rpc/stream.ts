import { KvorumError } from "../base/errors.ts";
import { maxFrameBytes, streamWindowBytes } from "./limits.ts";

const pieceBytes = maxFrameBytes - 64;

/** The reading end of a stream of bytes: asks for more only as its reader takes what came. */
export class InStream implements AsyncIterable<Uint8Array> {
  readonly #grant: (bytes: number) => void;
  readonly #abandon: () => void;
  readonly #chunks: Uint8Array[] = [];
  #waitingBytes = 0;
  #taken = 0;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(options: { readonly grant: (bytes: number) => void; readonly abandon: () => void }) {
    this.#grant = options.grant;
    this.#abandon = options.abandon;
  }

  /** Throws `too-large` when the sender did not keep to the window. */
  push(bytes: Uint8Array): void {
    if (this.#ended) return;
    this.#waitingBytes += bytes.byteLength;
    if (this.#waitingBytes > streamWindowBytes + maxFrameBytes) throw new KvorumError("too-large", "Cannot take stream: the sender overran the window");
    this.#chunks.push(bytes);
    this.#wake?.();
  }

  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const next = this.#chunks.shift();
        if (next === undefined) {
          if (this.#error !== undefined) throw this.#error;
          if (this.#ended) return;
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          continue;
        }
        yield next;
        this.#took(next.byteLength);
      }
    } finally {
      if (!this.#ended) {
        this.end();
        this.#abandon();
      }
    }
  }

  #took(bytes: number): void {
    this.#waitingBytes -= bytes;
    this.#taken += bytes;
    if (this.#taken < streamWindowBytes / 4) return;
    this.#grant(this.#taken);
    this.#taken = 0;
  }
}

/** The writing end: never more on its way than the reader asked for. */
export class OutStream {
  #window = streamWindowBytes;
  #broken: Error | undefined;
  #wake: (() => void) | undefined;

  granted(bytes: number): void {
    this.#window += bytes;
    this.#wake?.();
  }

  /** The reader went away, or the connection broke: `pump` ends with this error. */
  break(error: Error): void {
    this.#broken = error;
    this.#wake?.();
  }

  /** Sends all chunks through `send`. Rejects with the source's error, or with that of `break`. */
  async pump(chunks: AsyncIterable<Uint8Array>, send: (piece: Uint8Array) => void): Promise<void> {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.byteLength; ) {
        const piece = chunk.subarray(at, at + pieceBytes);
        await this.#room(piece.byteLength);
        this.#window -= piece.byteLength;
        send(piece);
        at += piece.byteLength;
      }
    }
  }

  async #room(bytes: number): Promise<void> {
    while (this.#broken === undefined && this.#window < bytes) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#broken !== undefined) throw this.#broken;
  }
}
