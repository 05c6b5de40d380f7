import { connect, type Socket } from "node:net";

const HEAD_END = Buffer.from("\r\n\r\n");
const CHUNKS_END = Buffer.from("0\r\n\r\n");
/** As servers write it; others are searched for with more effort. */
const LENGTH = Buffer.from("\r\nContent-Length: ");
/** What comes on any connection is looked at here, at once, and never kept. */
const ARRIVALS = Buffer.allocUnsafe(64 * 1024);
const NOTHING = Buffer.alloc(0);

/**
 * One HTTP/1.1 connection that costs as little as can be, since the load and the servers share a machine: requests are bytes made beforehand, and
 * of an answer only its status and its end are looked at. One request at a time.
 */
export class RawConnection {
  readonly #socket: Socket;
  #pending: Buffer = NOTHING;
  #status = 0;
  /** Bytes of the body still to come; -1: no head yet, -2: a chunked body. */
  #missing = -1;
  #onAnswer: (status: number) => void = () => {};
  #onEnd: (error: Error | undefined) => void = () => {};

  private constructor(host: string, port: number) {
    const callback = (length: number): boolean => {
      this.#take(ARRIVALS.subarray(0, length));
      return true;
    };
    this.#socket = connect({ host, port, noDelay: true, onread: { buffer: ARRIVALS, callback } });
    this.#socket.on("error", (error) => this.#onEnd(error));
    this.#socket.on("close", () => this.#onEnd(undefined));
  }

  /** `onAnswer` gets the status of each answer when it is complete; `onEnd` may be called twice. */
  static open(host: string, port: number, onAnswer: (status: number) => void, onEnd: (error: Error | undefined) => void = () => {}): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const connection = new RawConnection(host, port);
      connection.#onEnd = (error) => reject(error ?? new Error(`${host}:${port} closed the connection`));
      connection.#socket.once("connect", () => {
        connection.#onAnswer = onAnswer;
        connection.#onEnd = onEnd;
        resolve(connection);
      });
    });
  }

  send(request: Uint8Array): void {
    this.#socket.write(request);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    const all = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    this.#pending = NOTHING;
    const rest = this.#missing === -1 ? this.#head(all) : all;
    if (rest === undefined) {
      this.#pending = Buffer.from(all);
    } else if (this.#missing === -2) {
      if (rest.subarray(-CHUNKS_END.length).equals(CHUNKS_END)) this.#done();
      else this.#pending = Buffer.from(rest.subarray(-CHUNKS_END.length));
    } else {
      this.#missing -= rest.length;
      if (this.#missing <= 0) this.#done();
    }
  }

  /** Reads the head and gives what comes after it; nothing when it is not there whole. */
  #head(all: Buffer): Buffer | undefined {
    const end = all.indexOf(HEAD_END);
    if (end < 0) return undefined;
    this.#status = numberAt(all, 9);
    const at = all.indexOf(LENGTH);
    this.#missing = at >= 0 && at < end ? numberAt(all, at + LENGTH.length) : bodyOf(all.toString("latin1", 0, end).toLowerCase());
    return all.subarray(end + HEAD_END.length);
  }

  #done(): void {
    this.#missing = -1;
    this.#onAnswer(this.#status);
  }
}

/** As `#missing` counts. */
function bodyOf(head: string): number {
  const at = head.indexOf("content-length:");
  return at >= 0 ? Number.parseInt(head.slice(at + 15), 10) : head.includes("transfer-encoding: chunked") ? -2 : 0;
}

function numberAt(bytes: Buffer, from: number): number {
  let number = 0;
  for (let at = from; ; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return number;
    number = number * 10 + digit;
  }
}

/** The bytes of a request, made once and sent many times. */
export function requestBytes(method: string, path: string, body?: Uint8Array): Buffer {
  const head = `${method} ${path} HTTP/1.1\r\nHost: bench\r\n${body === undefined ? "" : `Content-Length: ${body.length}\r\n`}\r\n`;
  return body === undefined ? Buffer.from(head) : Buffer.concat([Buffer.from(head), body]);
}
