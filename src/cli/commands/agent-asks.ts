import { CLIENT_FLAGS } from "../api-flags.ts";
import { asking, refused } from "../asking.ts";
import type { Command } from "../command.ts";

export const leave: Command = {
  usage: "leave [options]",
  help: "Makes an agent leave its cluster in order and stop.",
  api: CLIENT_FLAGS,
  async run(flags, terminal) {
    if (flags.rest.length > 0) return refused(terminal, tooManyNone(flags.rest.length));
    return asking({ flags, terminal, fault: "Error leaving" }, async (client) => {
      await client.ask("PUT", "/v1/agent/leave");
      terminal.print("Graceful leave complete");
      return 0;
    });
  },
};

export const reload: Command = {
  usage: "reload [options]",
  help: "Makes an agent read its configuration anew, as the signal SIGHUP does.",
  api: CLIENT_FLAGS,
  run: (flags, terminal) =>
    asking({ flags, terminal, fault: "Error reloading" }, async (client) => {
      await client.ask("PUT", "/v1/agent/reload");
      terminal.print("Configuration reload triggered");
      return 0;
    }),
};

function tooManyNone(count: number): string {
  return `Too many arguments (expected 0, got ${count})`;
}
