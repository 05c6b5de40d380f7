import { CLIENT_FLAGS } from "../api-flags.ts";
import { asking, told } from "../asking.ts";
import type { Command } from "../command.ts";
import { refusedWithHelp } from "../usage-fault.ts";

export const join: Command = {
  usage: "join [options] address ...",
  help: "Makes a running agent join the cluster of an existing member. One address that answers is enough.",
  api: CLIENT_FLAGS,
  flags: [{ name: "wan", kind: "bool", help: "Joins a server to the pool of the servers of all datacenters." }],
  async run(flags, terminal) {
    if (flags.rest.length === 0) return refusedWithHelp(terminal, join, "At least one address to join must be specified.");
    return asking({ flags, terminal, fault: "Error joining" }, async (client) => {
      let joined = 0;
      for (const address of flags.rest) {
        try {
          await client.ask("PUT", `/v1/agent/join/${address}`, { query: flags.bool("wan") ? { wan: 1 } : {} });
          joined++;
        } catch (error) {
          told(error, `Error joining address '${address}'`, terminal);
        }
      }
      if (joined === 0) {
        terminal.error("Failed to join any nodes.");
        return 1;
      }
      terminal.print(`Successfully joined cluster by contacting ${joined} nodes.`);
      return 0;
    });
  },
};
