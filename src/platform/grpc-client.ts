import { connect, constants } from "node:http2";
import { KvorumError, messageOf } from "../base/errors.ts";
import { codeOf, dialFault, rootOf, tlsFault } from "./go-faults.ts";
import { GRPC_REPLY_MAX_BYTES } from "./limits.ts";
import type { GrpcAnswer, GrpcClient, GrpcRequest } from "./outside-ports.ts";
import { tlsOptionsOf } from "./tls-identity.ts";

const UNKNOWN = 2;
const UNIMPLEMENTED = 12;

/** gRPC over HTTP/2 of this machine: one connection a call. gRPC docs, PROTOCOL-HTTP2. */
export class RealGrpcClient implements GrpcClient {
  call(request: GrpcRequest): Promise<GrpcAnswer> {
    return new Promise((resolve, reject) => {
      const { target, tls, skipVerify, identity, method, message, timeoutMs } = request;
      const session = connect(`${tls ? "https" : "http"}://${target}`, { rejectUnauthorized: !skipVerify, ...tlsOptionsOf(identity) });
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        session.destroy();
        settle();
      };
      const fail = (error: unknown): void =>
        finish(() => reject(new KvorumError("unavailable", `rpc error: code = Unavailable desc = ${wordsOf(error, target)}`, { cause: error })));
      const timer = setTimeout(
        () => finish(() => reject(new KvorumError("unavailable", "rpc error: code = DeadlineExceeded desc = context deadline exceeded"))),
        timeoutMs,
      );
      session.on("error", fail);
      const stream = session.request({
        [constants.HTTP2_HEADER_METHOD]: "POST",
        [constants.HTTP2_HEADER_PATH]: method,
        "content-type": "application/grpc",
        te: "trailers",
        "user-agent": "kvorum",
      });
      const chunks: Buffer[] = [];
      let size = 0;
      let status: Readonly<Record<string, unknown>> = {};
      stream.on("error", fail);
      stream.on("response", (headers) => {
        status = { ...headers };
      });
      stream.on("trailers", (headers) => {
        status = { ...status, ...headers };
      });
      stream.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > GRPC_REPLY_MAX_BYTES) fail(new Error("the reply is too long"));
        else chunks.push(chunk);
      });
      stream.on("end", () => finish(() => resolve(answerOf(status, Buffer.concat(chunks)))));
      stream.end(framed(message));
    });
  }
}

/** A byte that says "not compressed", four of length, the message. */
function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function answerOf(status: Readonly<Record<string, unknown>>, body: Buffer): GrpcAnswer {
  const said = status["grpc-status"];
  const text = status["grpc-message"];
  const http = Number(status[":status"] ?? 0);
  const code = said === undefined ? (http === 404 ? UNIMPLEMENTED : UNKNOWN) : Number(said);
  const message = typeof text === "string" ? unescaped(text) : said === undefined ? `unexpected HTTP status code received from server: ${http}` : "";
  return { code, message, reply: body.length < 5 ? undefined : body.subarray(5, 5 + body.readUInt32BE(1)) };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // broken escapes are shown as they came
  }
}

/** A stream that failed with its connection has the connection's failure as its cause. */
function wordsOf(failure: unknown, target: string): string {
  const error = rootOf(failure);
  const code = codeOf(error);
  const refused = tlsFault(error);
  if (refused !== undefined) return `connection error: desc = "transport: authentication handshake failed: ${refused}"`;
  if (code === "ERR_HTTP2_ERROR" || code === "ERR_HTTP2_SESSION_ERROR" || code === "ECONNRESET") return "connection closed";
  if (code === "" || code.startsWith("ERR_")) return messageOf(error);
  return `connection error: desc = "transport: Error while dialing ${dialFault(error, target)}"`;
}
