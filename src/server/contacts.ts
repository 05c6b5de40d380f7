import { messageOf } from "../base/errors.ts";
import type { ServerContext } from "./context.ts";
import { contactIntervalMs } from "./limits.ts";

/**
 * Seeks the other servers of the cluster as long as this one knows no leader: raft speaks only to those whose address
 * it has, so after a change of all addresses somebody must call at the old ones, and at those of the configuration.
 */
export class Contacts implements Disposable {
  readonly #context: ServerContext;
  readonly #joins: readonly string[];
  #timer: Disposable | undefined;
  #closed = false;

  constructor(context: ServerContext, joins: readonly string[]) {
    this.#context = context;
    this.#joins = joins;
    this.#seek();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
  }

  #seek(): void {
    if (this.#closed) return;
    this.#timer = this.#context.platform.clock.after(contactIntervalMs, () => this.#seek());
    if (this.#context.leadership.view.leader !== undefined) return;
    const { rpc, raft, logger } = this.#context;
    for (const server of raft.status().configuration.servers) if (!rpc.connectedTo(server.id)) rpc.contact(server.id, server.address);
    for (const address of this.#joins) {
      if (address !== rpc.address) rpc.greet(address).catch((error: unknown) => logger.debug("Server not reached", { address, error: messageOf(error) }));
    }
  }
}
