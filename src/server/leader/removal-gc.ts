import { messageOf } from "../../base/errors.ts";
import type { Scope } from "../../base/scope.ts";
import { pause } from "../../platform/index.ts";
import { propose, type ServerContext } from "../context.ts";
import { removalLookMs, removalTtlMs } from "../limits.ts";

/** Forgets removals from the catalog that no agent will come back to, by a command, so that all servers forget the same. */
export function reapRemovals(context: ServerContext, term: Scope): void {
  const { clock } = context.platform;
  term.spawn("removals", async () => {
    while (!term.closed) {
      const before = clock.wall() - removalTtlMs;
      const oldest = context.state.oldestRemoval();
      if (oldest !== undefined && oldest < before) {
        await propose(context, "catalog.reap", { before }).catch((error: unknown) =>
          context.logger.warn("Cannot forget old removals from the catalog", { error: messageOf(error) }),
        );
      }
      await pause(clock, removalLookMs, term.signal);
    }
  });
}
