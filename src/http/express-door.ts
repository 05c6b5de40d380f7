import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { indentJson } from "../base/json.ts";
import { httpDate } from "../platform/index.ts";
import type { Answer } from "./answer.ts";
import { Call, type CallSource } from "./call.ts";
import type { House } from "./house.ts";
import { EXPRESS_BACKLOG_BYTES, EXPRESS_PIPELINE_BYTES } from "./limits.ts";
import { type PlainHeaders, type PlainRequest, readPlain, withPlainTarget } from "./plain-request.ts";
import { Query } from "./query.ts";
import { logFinished } from "./raw-door.ts";
import { resolve } from "./resolve.ts";
import type { Route } from "./route.ts";
import { runCollected } from "./run.ts";
import { readShared } from "./shared-read.ts";

/** Where it is worth it: what programs ask thousands of times a second. Their answers are never streams. */
const EXPRESS_PATHS = ["/v1/kv/", "/v1/txn", "/v1/session/", "/v1/catalog/", "/v1/health/"];

/**
 * The door for plain requests: a connection's bytes are looked at before node:http sees them. As long as each chunk is one
 * whole request without anything unusual, it is answered here, at half the cost; at the first that is not, the connection is
 * handed to node:http for good, with that chunk. What is answered here is answered there in the same bytes.
 */
export class ExpressDoor {
  readonly #house: House;
  readonly #handOn: (socket: Socket) => void;
  readonly #open = new Set<ExpressConnection>();
  readonly date: HttpDate;

  /** `handOn` gives a connection to node:http. */
  constructor(house: House, handOn: (socket: Socket) => void) {
    this.#house = house;
    this.#handOn = handOn;
    this.date = new HttpDate(house.world.platform.clock);
  }

  take(socket: Socket): void {
    const connection = new ExpressConnection(socket, this.#house, this.date, (chunks) => {
      this.#open.delete(connection);
      if (chunks === undefined) return;
      for (const chunk of chunks.toReversed()) socket.unshift(chunk);
      this.#handOn(socket);
    });
    this.#open.add(connection);
  }

  /** Ends connections that wait for nothing; the others as soon as they are answered. */
  closeIdle(): void {
    for (const connection of this.#open) connection.endWhenIdle();
  }

  closeAll(): void {
    for (const connection of this.#open) connection.destroy();
  }
}

/** The `Date` header's text, made once a second. */
class HttpDate {
  readonly #clock: House["world"]["platform"]["clock"];
  #text = "";
  #second = -1;

  constructor(clock: House["world"]["platform"]["clock"]) {
    this.#clock = clock;
  }

  get text(): string {
    const now = this.#clock.wall();
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = httpDate(now);
    }
    return this.#text;
  }
}

class ExpressConnection implements CallSource {
  method = "";
  url = "";
  readonly stream: AsyncIterable<Uint8Array> = NO_STREAM;
  readonly #socket: Socket;
  readonly #house: House;
  readonly #date: HttpDate;
  /** Called once at the end of its life here: with chunks that node:http is to take, or without when the socket is gone. */
  readonly #leave: (chunks: readonly Buffer[] | undefined) => void;
  #headers: PlainHeaders | undefined;
  #busy = false;
  #closing = false;
  /** Handed to node:http. */
  #left = false;
  /** What came while a request was being answered. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #gone: (() => void) | undefined;

  constructor(socket: Socket, house: House, date: HttpDate, leave: (chunks: readonly Buffer[] | undefined) => void) {
    this.#socket = socket;
    this.#house = house;
    this.#date = date;
    this.#leave = leave;
    if (!readShared(socket, this.#take)) socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    socket.on("close", this.#onClose);
    socket.on("error", ignore);
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#socket.remotePort;
  }

  header(name: string): string {
    return this.#headers?.get(name) ?? "";
  }

  onGone(cancel: () => void): void {
    this.#gone = cancel;
  }

  invite(): void {
    // nobody waits to be asked: the body is there
  }

  endWhenIdle(): void {
    this.#closing = true;
    if (!this.#busy) this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** What came into the shared buffer. A connection that was handed on gets it as its stream, should its parser leave that to the stream. */
  readonly #take = (bytes: Buffer): boolean => {
    if (this.#left) return this.#socket.push(Buffer.from(bytes));
    this.#onData(bytes);
    return true;
  };

  /** The chunk is not ours to keep. */
  readonly #onData = (chunk: Buffer): void => {
    if (this.#busy) {
      this.#waiting.push(Buffer.from(chunk));
      this.#waitingBytes += chunk.length;
      if (this.#waitingBytes > EXPRESS_PIPELINE_BYTES) this.#socket.pause();
      return;
    }
    const request = readPlain(chunk, this.#headers);
    if (request === undefined || !this.#serve(request)) this.#handOn([withPlainTarget(Buffer.from(chunk))]);
  };

  /** A client that ends its side has gone, as node:http sees it. */
  readonly #onEnd = (): void => {
    this.#gone?.();
    this.#socket.end();
  };

  readonly #onClose = (): void => {
    this.#leave(undefined);
    this.#gone?.();
    this.#gone = undefined;
  };

  #handOn(chunks: readonly Buffer[]): void {
    const socket = this.#socket;
    this.#left = true;
    socket.removeListener("data", this.#onData);
    socket.removeListener("end", this.#onEnd);
    socket.removeListener("close", this.#onClose);
    socket.removeListener("error", ignore);
    this.#leave(chunks);
    socket.resume(); // it was paused when much came ahead of its turn
  }

  /** False when it is for node:http after all. */
  #serve(request: PlainRequest): boolean {
    const { world, table } = this.#house;
    const resolved = resolve(request.target, table, world.config.disableUnprintableCharFilter);
    if (resolved.kind !== "endpoint" || !EXPRESS_PATHS.some((path) => resolved.path.startsWith(path))) return false;
    const route = resolved.endpoint.byMethod.get(request.method);
    const query = Query.parse(resolved.rawQuery);
    if (route === undefined || query === undefined || !takesBody(route, request.body, this.#house)) return false;
    this.method = request.method;
    this.url = request.target;
    this.#headers = request.headers;
    const call = new Call({ path: resolved.path, rest: resolved.rest, query }, this);
    call.body = request.body;
    this.#busy = true;
    const began = world.platform.clock.now();
    runCollected(route, call, world, this.#house.gate, (answer) => {
      this.#send(answer, query.has("pretty"));
      const tookMs = world.platform.clock.now() - began;
      this.#house.timers.observe(resolved.endpoint, call.method, tookMs);
      if (world.log.wants?.("debug") === true) logFinished(this, tookMs, this.#house);
      this.#next();
    });
    return true;
  }

  #send(answer: Answer, asksPretty: boolean): void {
    if (this.#socket.destroyed) return;
    const { body } = answer;
    const text = typeof body === "string" && answer.json && (asksPretty || this.#house.world.config.alwaysPretty) ? `${indentJson(body)}\n` : body;
    if (text === undefined) this.#write(`${this.#head(answer, 0)}\r\n`, "latin1");
    else if (typeof text === "string") {
      const bytes = Buffer.byteLength(text);
      this.#write(`${this.#head(answer, bytes)}\r\n${text}`, bytes === text.length ? "latin1" : "utf8");
    } else if (text instanceof Uint8Array) {
      this.#socket.cork();
      this.#write(`${this.#head(answer, text.length)}\r\n`, "latin1");
      this.#socket.write(text);
      this.#socket.uncork();
    } else this.#socket.destroy(); // a stream: no route of these paths has one
  }

  #head(answer: Answer, bytes: number): string {
    let head = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? "Unknown"}\r\n`;
    if (answer.contentType !== "") head += `Content-Type: ${answer.contentType}\r\n`;
    head += "Vary: Accept-Encoding\r\n";
    const { headers } = answer;
    for (let at = 0; at < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`;
    const { extraHeaders } = this.#house.manner;
    for (let at = 0; at < extraHeaders.length; at += 2) head += `${extraHeaders[at]}: ${extraHeaders[at + 1]}\r\n`;
    return `${head}Content-Length: ${bytes}\r\nDate: ${this.#date.text}\r\n`;
  }

  #write(text: string, encoding: "latin1" | "utf8"): void {
    this.#socket.write(text, encoding);
    if (this.#socket.writableLength <= EXPRESS_BACKLOG_BYTES) return;
    this.#socket.pause(); // a client that asks and does not read is not asked for more
    this.#socket.once("drain", () => this.#socket.resume());
  }

  #next(): void {
    this.#busy = false;
    this.#gone = undefined;
    if (this.#socket.destroyed) return;
    if (this.#closing) this.#socket.end();
    else if (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      this.#handOn(waiting);
    }
  }
}

function takesBody(route: Route, body: Buffer, { world }: House): boolean {
  if (route.body.kind === "none") return body.length === 0;
  return route.body.kind === "collect" && body.length <= route.body.limit(world.config).announced;
}

const NO_STREAM: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }) };

/** Errors of a socket are followed by its close, which is dealt with. */
function ignore(): void {}
