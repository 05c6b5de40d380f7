import { assert } from "../../../src/base/assert.ts";
import { KvorumError } from "../../../src/base/errors.ts";
import { type Answer, ask } from "../ask.ts";
import { History, type Operation } from "../checkers/history.ts";
import type { Value } from "../checkers/register.ts";
import type { SimRandom } from "../engine/random.ts";
import type { Scheduler } from "../engine/scheduler.ts";
import type { RaftServer } from "./raft-server.ts";
import { encodeRegisterCommand, type RegisterCommand } from "./register-machine.ts";

export type RegisterInput = RegisterCommand | { readonly kind: "get"; readonly key: string; readonly mode: "default" | "consistent" | "stale" };
export type RegisterOutput = { readonly result: boolean } | { readonly value: Value };

/** Some clients are patient, some are not. */
const CALL_TIMEOUTS_MS = [100, 500, 3_000];

/** How a default read finds out that it may be answered from memory; a test may plant a wrong way. */
export type LeaseCheck = (server: RaftServer) => boolean;

/** People who write and read registers at whichever server they like, and note what they were told. */
export class RegisterClients {
  readonly history = new History<RegisterInput, RegisterOutput>();
  readonly #scheduler: Scheduler;
  readonly #random: SimRandom;
  readonly #servers: readonly RaftServer[];
  readonly #keys: readonly string[];
  readonly #mayReadHere: LeaseCheck;
  readonly #lastSeen = new Map<string, Value>();
  #values = 0;
  #running = true;

  constructor(parts: {
    readonly scheduler: Scheduler;
    readonly random: SimRandom;
    readonly servers: readonly RaftServer[];
    readonly keys: number;
    readonly mayReadHere?: LeaseCheck | undefined;
  }) {
    this.#scheduler = parts.scheduler;
    this.#random = parts.random;
    this.#servers = parts.servers;
    this.#keys = Array.from({ length: parts.keys }, (_, at) => `k${at}`);
    this.#mayReadHere = parts.mayReadHere ?? ((server) => server.node?.holdsLease() === true);
  }

  get keys(): readonly string[] {
    return this.#keys;
  }

  begin(count: number, thinkMs: number): void {
    for (let number = 1; number <= count; number++) void this.#work(`c${number}`, thinkMs);
  }

  end(): void {
    this.#running = false;
  }

  /** One operation at one server, noted in the history. */
  async one(
    client: string,
    server: RaftServer,
    input: RegisterInput,
    timeoutMs = this.#random.pick(CALL_TIMEOUTS_MS),
  ): Promise<Operation<RegisterInput, RegisterOutput>> {
    const scheduler = this.#scheduler;
    const operation = this.history.begin({ client, server: server.name, input, nowMs: scheduler.now, stamp: scheduler.stamp() });
    const answer: Answer<RegisterOutput> = await ask(scheduler, {
      process: server.process,
      latencyMs: this.#random.between(0.05, 0.5),
      timeoutMs,
      run: () => (input.kind === "get" ? this.#read(server, input) : propose(server, input, operation.invoked)),
    });
    operation.returned = scheduler.stamp();
    operation.returnedMs = scheduler.now;
    operation.outcome = answer.outcome;
    operation.output = answer.output;
    if (answer.output !== undefined && "value" in answer.output) this.#lastSeen.set(input.key, answer.output.value);
    scheduler.note(
      operation.returned,
      () => `${client} ${server.name} ${JSON.stringify(input)} -> ${answer.outcome} ${JSON.stringify(answer.output)} ${answer.error?.code ?? ""}`,
    );
    return operation;
  }

  async #work(client: string, thinkMs: number): Promise<void> {
    for (;;) {
      await this.#scheduler.sleep(this.#random.exponential(thinkMs));
      if (!this.#running) return;
      await this.one(client, this.#server(), this.#input());
    }
  }

  /** Mostly whoever believes to lead (there may be two), so that most calls get somewhere. */
  #server(): RaftServer {
    const leaders = this.#servers.filter((server) => server.node?.status().role === "leader");
    return leaders.length > 0 && this.#random.chance(0.85) ? this.#random.pick(leaders) : this.#random.pick(this.#servers);
  }

  #input(): RegisterInput {
    const random = this.#random;
    const key = random.pick(this.#keys);
    const dice = random.float();
    if (dice < 0.3) return { kind: "set", key, value: this.#newValue() };
    if (dice < 0.34) return { kind: "set", key, value: undefined };
    if (dice < 0.5) return { kind: "cas", key, expected: this.#lastSeen.get(key), value: this.#newValue() };
    return { kind: "get", key, mode: dice < 0.75 ? "default" : dice < 0.9 ? "consistent" : "stale" };
  }

  #newValue(): string {
    this.#values++;
    return `v${this.#values}`;
  }

  async #read(server: RaftServer, input: RegisterInput & { readonly kind: "get" }): Promise<RegisterOutput> {
    const { node, machine } = server;
    if (node === undefined || machine === undefined) return Promise.reject(notReady());
    if (input.mode === "consistent") await node.readBarrier();
    if (input.mode === "default" && !this.#mayReadHere(server)) throw notReady();
    return { value: machine.get(input.key) };
  }
}

async function propose(server: RaftServer, command: RegisterCommand, serial: number): Promise<RegisterOutput> {
  if (server.node === undefined) throw notReady();
  const result = await server.node.propose(encodeRegisterCommand(command, serial));
  assert(typeof result === "boolean", "the register machine answers yes or no");
  return { result };
}

function notReady(): KvorumError {
  return new KvorumError("not-leader", "Not ready to answer");
}
