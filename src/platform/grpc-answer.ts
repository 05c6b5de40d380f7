import { STATUS_CODES } from "node:http";
import { goQuote } from "../base/go-quote.ts";
import { GRPC_REPLY_MAX_BYTES } from "./limits.ts";
import type { GrpcAnswer } from "./outside-ports.ts";

/** The codes that are told here. gRPC docs, status codes. */
export const GRPC = {
  cancelled: 1,
  unknown: 2,
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** What a stream brought. */
export interface GrpcExchange {
  readonly headers: Readonly<Record<string, unknown>>;
  /** `undefined`: it ended without. */
  readonly trailers: Readonly<Record<string, unknown>> | undefined;
  /** It ended with its headers. */
  readonly headersOnly: boolean;
  readonly body: Buffer;
}

/** gRPC docs, HTTP to gRPC status code mapping. */
const BY_HTTP_STATUS: Readonly<Record<number, number>> = {
  400: GRPC.internal,
  401: GRPC.unauthenticated,
  403: GRPC.permissionDenied,
  404: GRPC.unimplemented,
  429: GRPC.unavailable,
  502: GRPC.unavailable,
  503: GRPC.unavailable,
  504: GRPC.unavailable,
};

/** Codes and names of HTTP/2's errors, by number. RFC 9113 §7; gRPC docs, PROTOCOL-HTTP2, errors. */
const RESETS: readonly (readonly [name: string, code: number])[] = [
  ["NO_ERROR", GRPC.internal],
  ["PROTOCOL_ERROR", GRPC.internal],
  ["INTERNAL_ERROR", GRPC.internal],
  ["FLOW_CONTROL_ERROR", GRPC.resourceExhausted],
  ["SETTINGS_TIMEOUT", GRPC.internal],
  ["STREAM_CLOSED", GRPC.internal],
  ["FRAME_SIZE_ERROR", GRPC.internal],
  ["REFUSED_STREAM", GRPC.unavailable],
  ["CANCEL", GRPC.cancelled],
  ["COMPRESSION_ERROR", GRPC.internal],
  ["CONNECT_ERROR", GRPC.internal],
  ["ENHANCE_YOUR_CALM", GRPC.resourceExhausted],
  ["INADEQUATE_SECURITY", GRPC.permissionDenied],
  ["HTTP_1_1_REQUIRED", GRPC.internal],
];

/** What grpc-go makes of a whole answer: seen on Consul 1.8.7, whose checks ask by it. */
export function grpcAnswer({ headers, trailers, headersOnly, body }: GrpcExchange): GrpcAnswer {
  const type = headers["content-type"];
  if (!/^application\/grpc($|[+;])/i.test(String(type ?? ""))) return failed(...notGrpc(Number(headers[":status"] ?? 0), type));
  const message = messageIn(body);
  if (message !== undefined && "code" in message) return message;
  if (trailers === undefined && !headersOnly) return failed(GRPC.internal, "server closed the stream without sending trailers");
  const status = { ...headers, ...trailers };
  const said = String(status["grpc-status"] ?? GRPC.unknown);
  if (!/^[+-]?\d+$/.test(said)) return failed(GRPC.internal, `transport: malformed grpc-status: strconv.Atoi: parsing ${goQuote(said)}: invalid syntax`);
  return { code: Number(said), message: unescaped(String(status["grpc-message"] ?? "")), reply: Number(said) === 0 ? message?.reply : undefined };
}

/** What grpc-go makes of a stream that the other end reset. */
export function resetAnswer(error: number): GrpcAnswer {
  const [name, code] = RESETS[error] ?? [`unknown error code 0x${error.toString(16)}`, GRPC.unknown];
  return failed(code, `stream terminated by RST_STREAM with error code: ${name}`);
}

export function failed(code: number, message: string): GrpcAnswer {
  return { code, message, reply: undefined };
}

function notGrpc(status: number, type: unknown): [code: number, message: string] {
  const words = type === undefined ? "missing content-type field" : `received the unexpected content-type ${goQuote(String(type))}`;
  return [BY_HTTP_STATUS[status] ?? GRPC.unknown, `${STATUS_CODES[status] ?? ""}: HTTP status code ${status}; transport: ${words}`];
}

/** The one message of a body: a byte for compression, four of length, then itself. */
function messageIn(body: Buffer): GrpcAnswer | { readonly reply: Buffer } | undefined {
  if (body.length === 0) return undefined;
  if (body.length < 5) return failed(GRPC.internal, "unexpected EOF");
  const length = body.readUInt32BE(1);
  if (length > GRPC_REPLY_MAX_BYTES) return failed(GRPC.resourceExhausted, `grpc: received message larger than max (${length} vs. ${GRPC_REPLY_MAX_BYTES})`);
  if (body.length < 5 + length) return failed(GRPC.internal, "unexpected EOF");
  if (body[0] !== 0) return failed(GRPC.internal, "grpc: compressed flag set with identity or empty encoding");
  if (body.length > 5 + length) return failed(GRPC.unknown, "grpc: client streaming protocol violation: get <nil>, want <EOF>");
  return { reply: body.subarray(5) };
}

/** Escapes undone where they are whole, the rest as it came. */
function unescaped(text: string): string {
  const bytes = text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}
