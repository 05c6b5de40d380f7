import { CLIENT_FLAGS } from "../api-flags.ts";
import { asking } from "../asking.ts";
import type { Command } from "../command.ts";
import { refusedWithHelp } from "../usage-fault.ts";

export const forceLeave: Command = {
  usage: "force-leave [options] name",
  help: `Makes a failed member one that left, so that nobody waits for it any longer. A member that is alive after all comes back by itself.
Until then the others go on trying to reach a failed member, for 72 hours.`,
  api: CLIENT_FLAGS,
  flags: [{ name: "prune", kind: "bool", help: "Takes it off the list of members as well." }],
  async run(flags, terminal) {
    const [name = ""] = flags.rest;
    if (flags.rest.length !== 1) return refusedWithHelp(terminal, forceLeave, "A single node name must be specified to force leave.");
    return asking({ flags, terminal, fault: "Error force leaving" }, async (client) => {
      await client.ask("PUT", `/v1/agent/force-leave/${encodeURIComponent(name)}`, { query: flags.bool("prune") ? { prune: 1 } : {} });
      return 0;
    });
  },
};
