import { CLIENT_FLAGS } from "../api-flags.ts";
import { asking, refused } from "../asking.ts";
import { type Command, helpOf } from "../command.ts";

export const leave: Command = {
  usage: "leave [options]",
  help: "Makes an agent leave its cluster in order and stop.",
  api: CLIENT_FLAGS,
  async run(flags, terminal) {
    if (flags.rest.length > 0) {
      terminal.write(helpOf(leave));
      return refused(terminal, `Error found unexpected args: [${flags.rest.join(" ")}]`);
    }
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
