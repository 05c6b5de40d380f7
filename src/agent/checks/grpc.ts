import { KvorumError } from "../../base/errors.ts";
import { NETWORK_CHECK_TIMEOUT_MS } from "../limits.ts";
import { repeat } from "./schedule.ts";
import type { CheckJob, CheckRunner, CheckWorld, Finding } from "./types.ts";

const METHOD = "/grpc.health.v1.Health/Check";
const SERVING = 1;
const INTERNAL = 13;
/** Names of gRPC's codes, by number. gRPC docs, status codes. */
const CODES =
  "OK Canceled Unknown InvalidArgument DeadlineExceeded NotFound AlreadyExists PermissionDenied ResourceExhausted FailedPrecondition Aborted OutOfRange Unimplemented Internal Unavailable DataLoss Unauthenticated".split(
    " ",
  );

/** Asks a gRPC server for its health. Consul docs, checks: gRPC; the protocol is gRPC's health checking protocol, version 1. */
export function grpcCheck(job: CheckJob, world: CheckWorld): CheckRunner {
  return repeat(job, world, { slots: world.networkSlots, run: () => ask(job, world) });
}

async function ask({ definition }: CheckJob, { grpc, identity }: CheckWorld): Promise<Finding> {
  if (grpc === undefined) throw new KvorumError("unavailable", "This agent cannot ask by gRPC");
  const [target = "", ...service] = definition.grpc.split("/");
  const { code, message, reply } = await grpc.call({
    target,
    tls: definition.grpcUseTls,
    skipVerify: definition.tlsSkipVerify,
    identity,
    method: METHOD,
    message: encodeRequest(service.join("/")),
    timeoutMs: definition.timeoutMs > 0 ? definition.timeoutMs : NETWORK_CHECK_TIMEOUT_MS,
  });
  if (code !== 0) return critical(faultOf(code, message));
  if (reply === undefined) return critical("EOF");
  const state = decodeStatus(reply);
  if (typeof state === "string") return critical(faultOf(INTERNAL, `grpc: failed to unmarshal the received message ${state}`));
  if (state === SERVING) return { status: "passing", output: `gRPC check ${definition.grpc}: success` };
  return critical("gRPC application didn't report service healthy");
}

function critical(output: string): Finding {
  return { status: "critical", output };
}

function faultOf(code: number, message: string): string {
  return `rpc error: code = ${CODES[code] ?? `Code(${code})`} desc = ${message}`;
}

/** `HealthCheckRequest`: field 1, a string. */
export function encodeRequest(service: string): Uint8Array {
  const name = Buffer.from(service);
  if (name.length === 0) return new Uint8Array();
  const length: number[] = [];
  for (let rest = name.length; ; rest >>>= 7) {
    if (rest < 0x80) {
      length.push(rest);
      break;
    }
    length.push((rest & 0x7f) | 0x80);
  }
  return Buffer.concat([Buffer.from([0x0a, ...length]), name]);
}

/** `HealthCheckResponse`: field 1, an enumeration, 0 when it is not there; other fields are passed over. A text: what is wrong with it. */
export function decodeStatus(reply: Uint8Array): number | string {
  let state = 0;
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; at < reply.length; factor *= 128) {
      const byte = reply[at++] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    return Number.NaN; // it ended in the middle
  };
  while (at < reply.length) {
    const tag = varint();
    const kind = tag % 8;
    if (kind === 0) {
      const value = varint();
      if (tag === 0x08) state = value;
      if (Number.isNaN(value)) return CUT_OFF;
    } else if (kind === 1 || kind === 5) at += kind === 1 ? 8 : 4;
    else if (kind === 2) {
      const length = varint();
      at += length;
    } else return Number.isNaN(tag) ? CUT_OFF : `proto: illegal wireType ${kind}`;
    if (!(at <= reply.length)) return CUT_OFF;
  }
  return state;
}

const CUT_OFF = "unexpected EOF";
