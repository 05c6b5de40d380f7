import { indentJson, writeJson } from "../../base/json.ts";
import { KvClient } from "../../client/index.ts";
import { CLIENT_FLAGS, NAMESPACE_FLAG, SERVER_FLAGS } from "../api-flags.ts";
import { asking, refused, tooMany } from "../asking.ts";
import type { Command } from "../command.ts";

export const kvExport: Command = {
  usage: "kv export [options] [KEY_OR_PREFIX]",
  help: `Prints all keys that begin with the text as JSON, which kv import takes:

    $ kvorum kv export config/ > config.json`,
  api: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  flags: [NAMESPACE_FLAG],
  async run(flags, terminal) {
    if (flags.rest.length > 1) return refused(terminal, tooMany(flags, "1"));
    const prefix = (flags.rest[0] ?? "").replace(/^\//, "");
    return asking({ flags, terminal, fault: "Error querying Consul agent" }, async (client) => {
      const { value } = await new KvClient(client).list(prefix);
      const entries = value.map((pair) => ({ key: pair.key, flags: pair.flags, value: pair.value.toString("base64") }));
      terminal.print(indentJson(writeJson(entries), "\t"));
      return 0;
    });
  },
};
