import { KvClient } from "../../client/index.ts";
import { CLIENT_FLAGS, NAMESPACE_FLAG, SERVER_FLAGS } from "../api-flags.ts";
import { asking, refused, tooMany } from "../asking.ts";
import type { Command } from "../command.ts";

export const kvDelete: Command = {
  usage: "kv delete [options] KEY_OR_PREFIX",
  help: `Deletes a key; no error when there is none. With -recurse all keys that begin with the text:

    $ kvorum kv delete config/limit
    $ kvorum kv delete -recurse config/`,
  api: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  flags: [
    { name: "cas", kind: "bool", help: "Deletes only if the key is as it was at -modify-index." },
    { name: "modify-index", kind: "uint", help: "The ModifyIndex that -cas expects." },
    NAMESPACE_FLAG,
    { name: "recurse", kind: "bool", help: "Deletes all keys that begin with the text." },
  ],
  async run(flags, terminal) {
    const recurse = flags.bool("recurse");
    const cas = flags.bool("cas");
    const index = flags.big("modify-index") ?? 0n;
    if (flags.rest.length > 1) return refused(terminal, tooMany(flags, "1"));
    const key = (flags.rest[0] ?? "").replace(/^\//, "");
    if (key === "" && !recurse) return refused(terminal, "Error! Missing KEY argument");
    if (cas && index === 0n) return refused(terminal, "Must specify -modify-index with -cas!");
    if (!cas && index !== 0n) return refused(terminal, "Cannot specify -modify-index without -cas!");
    if (cas && recurse) return refused(terminal, "Cannot specify both -cas and -recurse!");
    const fault = recurse ? `Error! Did not delete prefix ${key}` : cas ? `Error! Did not delete key ${key}` : `Error deleting key ${key}`;
    return asking({ flags, terminal, fault }, async (client) => {
      const done = await new KvClient(client).delete(key, { recurse, ...(cas ? { cas: index } : {}) });
      if (cas && !done) return refused(terminal, `Error! Did not delete key ${key}: CAS failed`);
      terminal.print(recurse ? `Success! Deleted keys with prefix: ${key}` : `Success! Deleted key: ${key}`);
      return 0;
    });
  },
};
