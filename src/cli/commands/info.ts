import { isJsonObject } from "../../base/json.ts";
import { CLIENT_FLAGS } from "../api-flags.ts";
import { asking } from "../asking.ts";
import type { Command } from "../command.ts";

export const info: Command = {
  usage: "info [options]",
  help: "Shows figures of a running agent.",
  api: CLIENT_FLAGS,
  run: (flags, terminal) =>
    asking({ flags, terminal, fault: "Error querying agent" }, async (client) => {
      const self = await client.json("GET", "/v1/agent/self");
      const stats = isJsonObject(self) ? self["Stats"] : undefined;
      if (!isJsonObject(stats)) {
        terminal.error("Agent response missing 'Stats'");
        return 1;
      }
      for (const part of Object.keys(stats).sort()) {
        terminal.print(`${part}:`);
        const figures = stats[part];
        if (isJsonObject(figures)) for (const name of Object.keys(figures).sort()) terminal.print(`\t${name} = ${String(figures[name])}`);
      }
      return 0;
    }),
};
