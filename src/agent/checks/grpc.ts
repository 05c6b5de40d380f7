import { KvorumError } from "../../base/errors.ts";
import { NETWORK_CHECK_TIMEOUT_MS } from "../limits.ts";
import { repeat } from "./schedule.ts";
import type { CheckJob, CheckRunner, CheckWorld, Finding } from "./types.ts";

const METHOD = "/grpc.health.v1.Health/Check";
const SERVING = 1;
/** Names of gRPC's codes, by number. gRPC docs, status codes. */
const CODES =
  "OK Canceled Unknown InvalidArgument DeadlineExceeded NotFound AlreadyExists PermissionDenied ResourceExhausted FailedPrecondition Aborted OutOfRange Unimplemented Internal Unavailable DataLoss Unauthenticated".split(
    " ",
  );
const STATES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

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
  if (code !== 0) return { status: "critical", output: `rpc error: code = ${CODES[code] ?? `Code(${code})`} desc = ${message}` };
  const state = decodeStatus(reply ?? new Uint8Array());
  if (state === SERVING) return { status: "passing", output: `gRPC check ${definition.grpc}: success` };
  return { status: "critical", output: `gRPC ${definition.grpc} serving status: ${STATES[state] ?? state}` };
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

/** `HealthCheckResponse`: field 1, an enumeration; 0 when it is not there. */
export function decodeStatus(reply: Uint8Array): number {
  return reply[0] === 0x08 ? (reply[1] ?? 0) : 0;
}
