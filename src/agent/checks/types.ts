import type { Slots } from "../../base/slots.ts";
import type { Backend, CheckDefinition } from "../../model/index.ts";
import type { Clock, GrpcClient, Logger, Network, Processes, Random, TlsIdentity, WebClient } from "../../platform/index.ts";
import type { LocalState } from "../local-state.ts";

/** What one run of a check found. */
export interface Finding {
  readonly status: "passing" | "warning" | "critical";
  readonly output: string;
}

/** A check that runs until it is disposed. */
export type CheckRunner = Disposable;

/** What checks see of the world. Ports that a platform lacks are missing; checks that need them fail, and say so. */
export interface CheckWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly web: WebClient | undefined;
  readonly processes: Processes | undefined;
  readonly grpc: GrpcClient | undefined;
  /** For HTTPS and gRPC with TLS; `undefined`: the system's authorities, and nothing is shown. `enable_agent_tls_for_checks`. */
  readonly identity: TlsIdentity | undefined;
  readonly logger: Logger;
  readonly local: LocalState;
  readonly backend: Pick<Backend, "call">;
  readonly nodeName: string;
  readonly networkSlots: Slots;
  readonly programSlots: Slots;
  /** Where the Docker Engine listens, as `DOCKER_HOST` has it; empty: at its usual socket. */
  readonly dockerHost: string;
}

/** A check to be run: its definition, its settled id, and how much of its output is kept. */
export interface CheckJob {
  readonly id: string;
  /** Of the service that it belongs to; empty: of the node. */
  readonly serviceId: string;
  readonly definition: CheckDefinition;
  readonly outputMaxBytes: number;
  /** Gets what each run found. */
  readonly report: (finding: Finding) => void;
}
