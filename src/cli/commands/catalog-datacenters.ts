import { isJsonArray } from "../../base/json.ts";
import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { asking, refused, tooMany } from "../asking.ts";
import type { Command } from "../command.ts";

export const catalogDatacenters: Command = {
  usage: "catalog datacenters [options]",
  help: `Lists the datacenters that the agent's server knows, the nearest first.

    $ kvorum catalog datacenters`,
  api: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  async run(flags, terminal) {
    if (flags.rest.length > 0) return refused(terminal, tooMany(flags, "0"));
    return asking({ flags, terminal, fault: "Error listing datacenters" }, async (client) => {
      const datacenters = await client.json("GET", "/v1/catalog/datacenters");
      for (const name of isJsonArray(datacenters) ? datacenters : []) terminal.print(String(name));
      return 0;
    });
  },
};
