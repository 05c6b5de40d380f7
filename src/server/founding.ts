import { messageOf } from "../base/errors.ts";
import { Scope } from "../base/scope.ts";
import type { ServerContext } from "./context.ts";
import { foundingIntervalMs, healthTimeoutMs, pledgeMs } from "./limits.ts";
import type { Member } from "./ports.ts";

/**
 * Begins a cluster together with the servers that the pool knows, once there are as many as are expected and none of them has a log.
 * The one with the least id does it, and only with everybody's word: two clusters cannot come of one pool's servers. Servers that come later are
 * taken in by the leader. Consul docs, `bootstrap_expect`.
 */
export class Founding implements AsyncDisposable {
  readonly #context: ServerContext;
  readonly #expect: number;
  readonly #scope = new Scope();
  #timer: Disposable | undefined;
  #busy = false;
  #told = "";

  constructor(context: ServerContext, expect: number) {
    this.#context = context;
    this.#expect = expect;
    if (expect <= 0) return;
    this.#scope.use(context.members.onChange(() => this.#soon(0)));
    this.#scope.defer(() => this.#timer?.[Symbol.dispose]());
    this.#soon(0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope[Symbol.asyncDispose]();
  }

  #soon(ms: number): void {
    this.#timer?.[Symbol.dispose]();
    if (this.#scope.closed || this.#isOver()) return;
    this.#timer = this.#context.platform.clock.after(ms, () => this.#look());
  }

  #isOver(): boolean {
    const { lastLogIndex, snapshotIndex } = this.#context.raft.status();
    return lastLogIndex > 0 || snapshotIndex > 0;
  }

  #look(): void {
    this.#soon(foundingIntervalMs + this.#context.platform.random.int(foundingIntervalMs));
    if (this.#busy || this.#isOver()) return;
    this.#busy = true;
    this.#tryToFound()
      .catch((error: unknown) => this.#say(`Cannot begin a cluster yet: ${messageOf(error)}`))
      .finally(() => {
        this.#busy = false;
      })
      .catch(() => undefined);
  }

  async #tryToFound(): Promise<void> {
    const { settings, raft, platform } = this.#context;
    const servers = this.#context.members.servers().filter(({ status }) => status === "alive");
    if (this.#contradicts(servers) || servers.length < this.#expect) return;
    const founder = servers.filter(({ expect }) => expect === this.#expect).reduce((least, { id }) => (id < least ? id : least), settings.id);
    if (founder !== settings.id) return;
    const began = platform.clock.now();
    if (!(await this.#haveNoHistory(servers)) || !(await this.#gather(servers))) return;
    if (platform.clock.now() - began > pledgeMs / 2 || this.#scope.closed || this.#isOver()) return;
    this.#context.logger.info("Found expected number of servers, beginning a cluster", {
      servers: servers.map(({ name, address }) => `${name} ${address}`).join(", "),
    });
    await raft.bootstrap(servers.map(({ id, name, address }) => ({ id, name, address, suffrage: "voter" })));
  }

  #contradicts(servers: readonly Member[]): boolean {
    const other = servers.find(({ expect }) => expect !== 0 && expect !== this.#expect);
    if (other !== undefined)
      this.#say(`Member "${other.name}" has a conflicting expect value, ${other.expect} and not ${this.#expect}: no server may begin a cluster`);
    const alone = servers.find(({ bootstrap, expect }) => bootstrap && expect === 0);
    if (alone !== undefined) this.#say(`Member "${alone.name}" has bootstrap mode: it begins the cluster, and takes this server in`);
    return other !== undefined || alone !== undefined;
  }

  async #haveNoHistory(servers: readonly Member[]): Promise<boolean> {
    const { rpc, settings } = this.#context;
    const others = servers.filter(({ id }) => id !== settings.id);
    const stats = await Promise.all(others.map(({ id, address }) => rpc.call({ id, address }, "Status.Server", {}, { timeoutMs: healthTimeoutMs })));
    const old = stats.find(({ empty, servers: known }) => !empty || known.length > 0);
    if (old !== undefined) this.#say(`Server "${old.name}" is in a cluster already: this server waits to be taken in`);
    return old === undefined;
  }

  async #gather(servers: readonly Member[]): Promise<boolean> {
    const { rpc, settings, pledges } = this.#context;
    const request = { founder: settings.id, servers: servers.map(({ id }) => id) };
    const own = pledges.ask(request);
    if (own !== "") return false;
    for (const { id, address, name } of servers) {
      if (id === settings.id) continue;
      const refusal = await rpc.call({ id, address }, "Status.Pledge", request, { timeoutMs: healthTimeoutMs });
      if (refusal === "") continue;
      this.#say(`Server "${name}" does not begin a cluster with this one: ${refusal}`);
      return false;
    }
    return true;
  }

  /** Each thing once, until another is to be said. */
  #say(text: string): void {
    if (this.#told === text) return;
    this.#told = text;
    this.#context.logger.warn(text);
  }
}
