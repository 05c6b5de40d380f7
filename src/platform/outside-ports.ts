import type { JsonObject } from "../base/json.ts";

/** What remains of a long output: its last bytes, and how many there were. */
export interface KeptOutput {
  readonly kept: Buffer;
  readonly totalBytes: number;
}

export interface ProcessRequest {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads; nothing when left out. */
  readonly stdin?: Uint8Array;
  /** It and what it started are killed after so long; `undefined`: never. */
  readonly timeoutMs: number | undefined;
  /** How much of its output, both streams together, is kept. */
  readonly keepBytes: number;
  /** Ends it and what it started early: asked to at first (SIGTERM), killed a little later. */
  readonly signal?: AbortSignal;
  /** Gets its output, both streams together, as it comes, to its very end. A promise holds the program up when it writes more. Must not throw. */
  readonly onOutput?: (chunk: Buffer) => Promise<void> | undefined;
}

export interface ProcessResult {
  /** `undefined`: a signal ended it. */
  readonly exitCode: number | undefined;
  readonly output: KeptOutput;
  readonly timedOut: boolean;
}

export interface Processes {
  /** A line of words through the user's shell (`$SHELL`, else `/bin/sh`), as a command. */
  shell(line: string): readonly string[];
  /** Puts a script into a file that can be run; disposing removes it. */
  scriptFile(script: Uint8Array): Promise<{ readonly path: string } & AsyncDisposable>;
  /** Runs a program to its end. Rejects with code `unavailable` and Go's words when it cannot be started; never because of how it ended. */
  run(request: ProcessRequest): Promise<ProcessResult>;
}

/** Whom a program asked by TLS is believed by, and what is shown to it. In PEM. */
export interface TlsIdentity {
  /** Authorities; those of the system when there are none. */
  readonly authorities: readonly Uint8Array[];
  /** Certificate and its key, for those who ask for one. */
  readonly own: { readonly cert: Uint8Array; readonly key: Uint8Array } | undefined;
  /** The name that the other's certificate must have; empty: the one it is asked by. */
  readonly serverName: string;
  /** The oldest version of TLS that will do; from 1.0 on when not given. */
  readonly minVersion?: "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";
}

export interface WebRequest {
  readonly method: string;
  readonly url: string;
  /** Names as they are to be sent; `Host` stands for the URL's own. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: Uint8Array;
  /** For https: believe any certificate. */
  readonly skipVerify?: boolean;
  readonly identity?: TlsIdentity | undefined;
  /** A unix socket in place of the URL's host. */
  readonly socketPath?: string;
  /** For the whole, redirects included. */
  readonly timeoutMs: number;
  /** How much of the answer's body is kept. */
  readonly keepBytes: number;
}

export interface WebAnswer {
  readonly status: number;
  /** As in `Not Found`; the usual word when the server said none. */
  readonly statusText: string;
  readonly body: KeptOutput;
}

/** Asks other programs by HTTP. */
export interface WebClient {
  /** Follows up to ten redirects. Rejects with code `unavailable` and Go's words when no answer came. */
  ask(request: WebRequest): Promise<WebAnswer>;
}

export interface GrpcRequest {
  /** `host:port`. */
  readonly target: string;
  readonly tls: boolean;
  readonly skipVerify: boolean;
  readonly identity?: TlsIdentity | undefined;
  /** `/grpc.health.v1.Health/Check`. */
  readonly method: string;
  readonly message: Uint8Array;
  readonly timeoutMs: number;
}

export interface GrpcAnswer {
  /** gRPC's code: 0 is well. */
  readonly code: number;
  readonly message: string;
  /** `undefined` where there was none, or more than one. */
  readonly reply: Uint8Array | undefined;
}

/** Calls other programs by gRPC, one message each way. */
export interface GrpcClient {
  /** Never rejects for what the other end does or does not: where it cannot be reached, is late or speaks something else, code and words are those of grpc-go. */
  call(request: GrpcRequest): Promise<GrpcAnswer>;
}

/** The machine that this process runs on. */
export interface Machine {
  /** Memory, processors, system, disk, under the names of Consul's `agent/host`. */
  report(): Promise<JsonObject>;
  /** What runs this process, under the names of Consul's `agent/self`. */
  runtime(): Readonly<Record<string, string>>;
}

/** What this process can tell of its own work; all of it JSON. */
export interface Profiler {
  /** Where the processor's time went for so long: V8's `.cpuprofile`. One at a time: rejects with `internal` while another one is made. A cancel ends it early. */
  processor(ms: number, onCancel: (cancel: () => void) => void): Promise<string>;
  /** Memory of the process and of V8's spaces. */
  memory(): string;
  /** What the process waits for, counted by kind. */
  waits(): string;
}
