import { type ClientHttp2Stream, connect, constants } from "node:http2";
import type { Socket } from "node:net";
import { DialFault, dial, dialSecure } from "./dial.ts";
import { goAddress } from "./go-address.ts";
import { failed, GRPC, grpcAnswer, resetAnswer } from "./grpc-answer.ts";
import { GRPC_REPLY_MAX_BYTES } from "./limits.ts";
import type { GrpcAnswer, GrpcClient, GrpcRequest } from "./outside-ports.ts";

const LATE = failed(GRPC.deadlineExceeded, "context deadline exceeded");

/** gRPC over HTTP/2 of this machine: one connection a call. gRPC docs, PROTOCOL-HTTP2. */
export class RealGrpcClient implements GrpcClient {
  async call(request: GrpcRequest): Promise<GrpcAnswer> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), request.timeoutMs);
    try {
      return await exchange(await connected(request, late.signal), request, late.signal);
    } catch (error) {
      if (late.signal.aborted) return LATE;
      if (!(error instanceof DialFault)) throw error;
      const step = error.phase === "dial" ? "Error while dialing " : "authentication handshake failed: ";
      return failed(GRPC.unavailable, `connection error: desc = "transport: ${step}${error.message}"`);
    } finally {
      clearTimeout(timer);
    }
  }
}

async function connected({ target, tls, skipVerify, identity }: GrpcRequest, signal: AbortSignal): Promise<Socket> {
  if (target.startsWith("unix:")) throw new DialFault("dial", "dial unix: missing address"); // a slash begins the service's name
  const address = goAddress(target);
  if (typeof address === "string") throw new DialFault("dial", address);
  return tls ? dialSecure({ ...address, identity, skipVerify, protocols: ["h2"] }, signal) : dial(address, signal);
}

function exchange(socket: Socket, request: GrpcRequest, late: AbortSignal): Promise<GrpcAnswer> {
  return new Promise((resolve) => {
    let greeted = false;
    const finish = (answer: GrpcAnswer): void => {
      late.removeEventListener("abort", tooLate);
      session.destroy();
      socket.destroy();
      resolve(answer);
    };
    const tooLate = (): void => finish(LATE);
    const lost = (): void => finish(failed(GRPC.unavailable, greeted ? "transport is closing" : "connection closed"));
    socket.once("close", lost); // before HTTP/2 hears of it and ends the stream as if it had been given up
    const session = connect(`${request.tls ? "https" : "http"}://host`, { createConnection: () => socket });
    session.once("remoteSettings", () => {
      greeted = true;
    });
    session.on("error", lost);
    session.on("close", lost);
    late.addEventListener("abort", tooLate);
    const reset = (error: number): void => (greeted ? finish(resetAnswer(error)) : lost());
    follow(session.request(headersOf(request)), { finish, lost, reset }).end(framed(request.message));
  });
}

function headersOf({ target, method, timeoutMs }: GrpcRequest): Record<string, string> {
  return {
    [constants.HTTP2_HEADER_METHOD]: "POST",
    [constants.HTTP2_HEADER_AUTHORITY]: target,
    [constants.HTTP2_HEADER_PATH]: method,
    "content-type": "application/grpc",
    te: "trailers",
    "user-agent": "kvorum",
    "grpc-timeout": `${Math.max(1, Math.trunc(timeoutMs))}m`,
  };
}

/** How a stream may end. */
interface Endings {
  finish(answer: GrpcAnswer): void;
  lost(): void;
  reset(error: number): void;
}

/** Gathers what the stream brings, and hands it on when it is over. */
function follow(stream: ClientHttp2Stream, { finish, lost, reset }: Endings): ClientHttp2Stream {
  const chunks: Buffer[] = [];
  let size = 0;
  let headers: Readonly<Record<string, unknown>> | undefined;
  let trailers: Readonly<Record<string, unknown>> | undefined;
  let headersOnly = false;
  const whole = (): GrpcAnswer => grpcAnswer({ headers: headers ?? {}, trailers, headersOnly, body: Buffer.concat(chunks) });
  stream.on("response", (said, flags) => {
    headers = { ...said };
    headersOnly = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
  });
  stream.on("trailers", (said) => {
    trailers = { ...said };
  });
  stream.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size > GRPC_REPLY_MAX_BYTES + 5) finish(whole()); // whatever follows, it is too long
  });
  stream.on("error", () => undefined); // `close` follows and knows why
  stream.on("close", () => {
    if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) reset(stream.rstCode);
    else if (headers === undefined) lost();
    else finish(whole());
  });
  return stream;
}

/** A byte that says "not compressed", four of length, the message. */
function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
