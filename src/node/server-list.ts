import type { Random } from "../platform/index.ts";

/** A server that answers calls. */
export interface KnownServer {
  readonly name: string;
  /** `ip:port` of its server port. */
  readonly address: string;
}

/** Servers in the order in which they are tried: at random, so that callers spread over them, and whoever failed goes to the end. */
export class ServerList {
  readonly #random: Pick<Random, "int">;
  #servers: KnownServer[] = [];

  constructor(random: Pick<Random, "int">) {
    this.#random = random;
  }

  get size(): number {
    return this.#servers.length;
  }

  /** The one to ask now; `undefined` when none is known. */
  get first(): KnownServer | undefined {
    return this.#servers[0];
  }

  /** Those are the servers now: the ones known keep their places, new ones come in anywhere. */
  update(servers: readonly KnownServer[]): void {
    const now = new Map(servers.map((server) => [server.name, server]));
    this.#servers = this.#servers.flatMap(({ name }) => now.get(name) ?? []);
    const known = new Set(this.#servers.map(({ name }) => name));
    for (const server of servers) if (!known.has(server.name)) this.#servers.splice(this.#random.int(this.#servers.length + 1), 0, server);
  }

  /** This one does not answer: it is asked last from now on. */
  failed({ name }: KnownServer): void {
    const at = this.#servers.findIndex((server) => server.name === name);
    if (at >= 0) this.#servers.push(...this.#servers.splice(at, 1));
  }

  /** Another order, all of them equally likely. */
  shuffle(): void {
    for (let at = this.#servers.length - 1; at > 0; at--) {
      const other = this.#random.int(at + 1);
      const [a, b] = [this.#servers[at], this.#servers[other]];
      if (a === undefined || b === undefined) continue;
      this.#servers[at] = b;
      this.#servers[other] = a;
    }
  }
}
