import { messageOf } from "../../base/errors.ts";
import type { Scope } from "../../base/scope.ts";
import type { ServerContext } from "../context.ts";
import { addressCheckMs } from "../limits.ts";

/** Notes in raft's configuration where servers announce themselves, one change at a time: a server is its id, not its address. */
export class Addresses {
  readonly #context: ServerContext;

  constructor(context: ServerContext) {
    this.#context = context;
  }

  start(term: Scope): void {
    const { clock } = this.#context.platform;
    let timer: Disposable | undefined;
    const look = (): void => {
      this.#correct()
        .catch((error: unknown) => {
          if (!term.closed) this.#context.logger.warn("Cannot note the new address of a server", { error: messageOf(error) });
        })
        .finally(() => {
          if (!term.closed) timer = clock.after(addressCheckMs, look);
        })
        .catch(() => undefined);
    };
    look();
    term.defer(() => timer?.[Symbol.dispose]());
  }

  async #correct(): Promise<void> {
    const { raft, rpc, settings, logger } = this.#context;
    for (const server of raft.status().configuration.servers) {
      const own = server.id === settings.id;
      const address = own ? rpc.address : rpc.connectedTo(server.id) ? rpc.book.announced(server.id) : undefined;
      const name = own ? settings.nodeName : server.name;
      if ((address === undefined || address === server.address) && name === server.name) continue;
      logger.info("Server has a new address", { server: name, id: server.id, before: server.address, now: address });
      await raft.changeMembership({ kind: "add-learner", id: server.id, address: address ?? server.address, name });
    }
  }
}
