import { unreachable } from "../../base/assert.ts";
import { aliasCheck } from "./alias.ts";
import { dockerCheck } from "./docker.ts";
import { grpcCheck } from "./grpc.ts";
import { httpCheck } from "./http.ts";
import type { CheckKind } from "./kind.ts";
import { scriptCheck } from "./script.ts";
import { tcpCheck } from "./tcp.ts";
import { TtlCheck } from "./ttl.ts";
import type { CheckJob, CheckRunner, CheckWorld } from "./types.ts";

/** Begins to run a check of this kind. */
export function startCheck(kind: CheckKind, job: CheckJob, world: CheckWorld): CheckRunner {
  switch (kind) {
    case "ttl":
      return new TtlCheck(job, world);
    case "http":
      return httpCheck(job, world);
    case "tcp":
      return tcpCheck(job, world);
    case "grpc":
      return grpcCheck(job, world);
    case "docker":
      return dockerCheck(job, world);
    case "script":
      return scriptCheck(job, world);
    case "alias":
      return aliasCheck(job, world);
    default:
      return unreachable(kind);
  }
}
