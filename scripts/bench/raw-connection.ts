import { connect, type Socket } from "node:net";

const HEAD_END = Buffer.from("\r\n\r\n");

/**
 * One HTTP/1.1 connection that costs as little as can be: requests are bytes made beforehand, and of an answer only its status and
 * its end are looked at. One request at a time.
 */
export class RawConnection {
  readonly #socket: Socket;
  #pending: Buffer = Buffer.alloc(0);
  #status = 0;
  /** Bytes of the body still to come; -1: no head yet, -2: a chunked body. */
  #missing = -1;
  readonly #onAnswer: (status: number) => void;

  private constructor(socket: Socket, onAnswer: (status: number) => void, onEnd: (error: Error | undefined) => void) {
    this.#socket = socket;
    this.#onAnswer = onAnswer;
    socket.on("data", (bytes) => this.#take(bytes));
    socket.on("error", (error) => onEnd(error));
    socket.on("close", () => onEnd(undefined));
  }

  /** `onAnswer` gets the status of each answer when it is complete; `onEnd` may be called twice. */
  static open(host: string, port: number, onAnswer: (status: number) => void, onEnd: (error: Error | undefined) => void = () => {}): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new RawConnection(socket, onAnswer, onEnd));
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
    const rest = this.#missing === -1 ? this.#head(all) : all;
    this.#pending = Buffer.alloc(0);
    if (this.#missing === -1) {
      this.#pending = rest;
    } else if (this.#missing === -2) {
      if (rest.subarray(-5).equals(Buffer.from("0\r\n\r\n"))) this.#done();
      else this.#pending = rest.subarray(-5);
    } else {
      this.#missing -= rest.length;
      if (this.#missing <= 0) this.#done();
    }
  }

  /** Reads the head when it is there whole; gives what comes after it, or everything when it is not. */
  #head(all: Buffer): Buffer {
    const end = all.indexOf(HEAD_END);
    if (end < 0) return all;
    const head = all.toString("latin1", 0, end).toLowerCase();
    this.#status = Number(head.slice(9, 12));
    const at = head.indexOf("content-length:");
    this.#missing = at >= 0 ? Number.parseInt(head.slice(at + 15), 10) : head.includes("transfer-encoding: chunked") ? -2 : 0;
    return all.subarray(end + HEAD_END.length);
  }

  #done(): void {
    this.#missing = -1;
    this.#onAnswer(this.#status);
  }
}

/** The bytes of a request, made once and sent many times. */
export function requestBytes(method: string, path: string, body?: Uint8Array): Buffer {
  const head = `${method} ${path} HTTP/1.1\r\nHost: bench\r\n${body === undefined ? "" : `Content-Length: ${body.length}\r\n`}\r\n`;
  return body === undefined ? Buffer.from(head) : Buffer.concat([Buffer.from(head), body]);
}
