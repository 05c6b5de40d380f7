import type { Connection } from "../platform/index.ts";
import { encodeFrame, encodePart, fitsFrame } from "./frames.ts";
import { maxFrameBytes } from "./limits.ts";

const partBytes = maxFrameBytes - 16;
/** Small frames of one turn are joined up to this size: one system call for all of them. */
const joinBytes = 64 * 1024;

interface Bulk {
  readonly id: number;
  /** Kind and body when it goes in parts; a whole frame otherwise. */
  readonly bytes: Buffer;
  readonly whole: boolean;
  offset: number;
}

/**
 * What waits to be sent on one connection: raft and control frames first, then calls and answers, large ones a part
 * at a time in turn, so that neither raft nor a small answer waits behind a large one.
 */
export class Outbox {
  readonly #connection: Connection;
  #urgent: Buffer[] = [];
  #bulk: Bulk[] = [];
  #urgentBytes = 0;
  #bulkBytes = 0;
  #nextPart = 1;
  #full = false;
  #scheduled = false;
  #closed = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get urgentBytes(): number {
    return this.#urgentBytes;
  }

  get bulkBytes(): number {
    return this.#bulkBytes;
  }

  urgent(kind: number, body: Uint8Array): void {
    if (fitsFrame(body.byteLength)) this.#pushUrgent(encodeFrame(kind, body));
    else {
      const whole = { id: this.#partId(), bytes: withKind(kind, body), whole: false, offset: 0 };
      while (whole.offset < whole.bytes.byteLength) this.#pushUrgent(nextPiece(whole));
    }
    this.#schedule();
  }

  bulk(kind: number, body: Uint8Array): void {
    const whole = fitsFrame(body.byteLength);
    const bytes = whole ? encodeFrame(kind, body) : withKind(kind, body);
    this.#bulk.push({ id: whole ? 0 : this.#partId(), bytes, whole, offset: 0 });
    this.#bulkBytes += bytes.byteLength;
    this.#schedule();
  }

  /** A frame that is encoded already, behind the other calls and answers. */
  bulkFrame(frame: Buffer): void {
    this.#bulk.push({ id: 0, bytes: frame, whole: true, offset: 0 });
    this.#bulkBytes += frame.byteLength;
    this.#schedule();
  }

  drained(): void {
    this.#full = false;
    this.#flush();
  }

  /** Sends at once what can be sent. */
  flush(): void {
    this.#flush();
  }

  close(): void {
    this.#closed = true;
    this.#urgent = [];
    this.#bulk = [];
    this.#urgentBytes = 0;
    this.#bulkBytes = 0;
  }

  #pushUrgent(frame: Buffer): void {
    this.#urgent.push(frame);
    this.#urgentBytes += frame.byteLength;
  }

  #partId(): number {
    this.#nextPart = (this.#nextPart + 1) >>> 0;
    return this.#nextPart;
  }

  #schedule(): void {
    if (this.#scheduled || this.#full || this.#closed) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (!this.#full && !this.#closed && (this.#urgent.length > 0 || this.#bulk.length > 0)) {
      const pieces = this.#urgent;
      let bytes = this.#urgentBytes;
      this.#urgent = [];
      this.#urgentBytes = 0;
      bytes += this.#takeBulk(pieces, joinBytes - bytes);
      this.#full = !this.#connection.write(pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces, bytes));
    }
  }

  /** Takes up to about `room` bytes of calls and answers, a piece of each in turn. */
  #takeBulk(into: Buffer[], room: number): number {
    let taken = 0;
    let at = 0;
    const again: Bulk[] = [];
    while (taken < room) {
      const next = this.#bulk[at];
      if (next === undefined) break;
      at++;
      const piece = next.whole ? next.bytes : nextPiece(next);
      taken += piece.byteLength;
      into.push(piece);
      if (next.whole || next.offset >= next.bytes.byteLength) this.#bulkBytes -= next.bytes.byteLength;
      else again.push(next);
    }
    this.#bulk.splice(0, at);
    for (const rest of again) this.#bulk.push(rest);
    return taken;
  }
}

function withKind(kind: number, body: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(body.byteLength + 1);
  bytes[0] = kind;
  bytes.set(body, 1);
  return bytes;
}

function nextPiece(message: Bulk): Buffer {
  const end = Math.min(message.bytes.byteLength, message.offset + partBytes);
  const piece = encodePart({ id: message.id, last: end === message.bytes.byteLength, bytes: message.bytes.subarray(message.offset, end) });
  message.offset = end;
  return piece;
}
