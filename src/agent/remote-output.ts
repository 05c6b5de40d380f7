import type { Clock } from "../platform/index.ts";
import { REMOTE_OUTPUT_CHUNK_BYTES, REMOTE_OUTPUT_IDLE_MS, REMOTE_OUTPUT_PENDING_BYTES } from "./limits.ts";

/** Output of a program on its way to the store: gathered into pieces, sent when a piece is full or nothing has come for a while. */
export class RemoteOutput {
  readonly #clock: Clock;
  readonly #heartbeatMs: number;
  #pending: Buffer = Buffer.alloc(0);
  #ended = false;
  /** What is there is to go, full piece or not. */
  #due = false;
  #idle: Disposable | undefined;
  #wake: (() => void) | undefined;
  #room: (() => void) | undefined;

  constructor(clock: Clock, heartbeatMs: number) {
    this.#clock = clock;
    this.#heartbeatMs = heartbeatMs;
  }

  /** The promise, where there is one: whoever writes is to wait for it, since too much is on its way. */
  add(chunk: Buffer): Promise<void> | undefined {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    this.#idle?.[Symbol.dispose]();
    this.#idle = this.#clock.after(REMOTE_OUTPUT_IDLE_MS, () => {
      this.#due = true;
      this.#wake?.();
    });
    if (this.#pending.length >= REMOTE_OUTPUT_CHUNK_BYTES) this.#wake?.();
    if (this.#pending.length < REMOTE_OUTPUT_PENDING_BYTES) return undefined;
    return new Promise((resolve) => {
      this.#room = resolve;
    });
  }

  /** Nothing more comes. */
  end(): void {
    this.#ended = true;
    this.#idle?.[Symbol.dispose]();
    this.#wake?.();
    this.#room?.();
  }

  /** The next piece; an empty one as a sign of life; `undefined` at the end. */
  async next(): Promise<Buffer | undefined> {
    if (!this.#ready && !(await this.#wait())) return Buffer.alloc(0);
    const piece = this.#pending.subarray(0, REMOTE_OUTPUT_CHUNK_BYTES);
    this.#pending = this.#pending.subarray(piece.length);
    if (this.#pending.length === 0) this.#due = false;
    if (this.#pending.length < REMOTE_OUTPUT_PENDING_BYTES) {
      this.#room?.();
      this.#room = undefined;
    }
    return piece.length === 0 && this.#ended ? undefined : piece;
  }

  get #ready(): boolean {
    return this.#ended || this.#pending.length >= REMOTE_OUTPUT_CHUNK_BYTES || (this.#due && this.#pending.length > 0);
  }

  /** False when nothing has come for so long that a sign of life is due. */
  #wait(): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (came: boolean): void => {
        timer[Symbol.dispose]();
        this.#wake = undefined;
        resolve(came);
      };
      const timer = this.#clock.after(this.#heartbeatMs, () => done(false));
      this.#wake = () => done(true);
    });
  }
}
