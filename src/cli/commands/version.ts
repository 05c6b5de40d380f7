import { consulVersion, version } from "../../model/index.ts";
import { refused } from "../asking.ts";
import type { Command } from "../command.ts";

/** Versions of the member protocol that Consul 1.8.7 speaks. */
const PROTOCOL = { Default: 2, Min: 2, Max: 3 } as const;

export const versionCommand: Command = {
  usage: "version [options]",
  help: "Prints Kvorum's version, and that of the Consul whose behaviour it has.",
  flags: [{ name: "format", kind: "string", value: "pretty|json", help: "Prints for people (pretty) or programs (json)." }],
  async run(flags, terminal) {
    const format = flags.string("format", "pretty");
    if (format === "json") {
      terminal.print(JSON.stringify({ Version: consulVersion, Revision: "", Prerelease: "", RPC: PROTOCOL, Kvorum: version }, null, 3));
      return 0;
    }
    if (format !== "pretty") return refused(terminal, `Invalid format: ${format}: must be pretty or json`);
    terminal.print(`Kvorum v${version}`);
    terminal.print(`Compatible with Consul v${consulVersion}`);
    terminal.print(`Protocol ${PROTOCOL.Default} spoken by default, understands ${PROTOCOL.Min} to ${PROTOCOL.Max}\n`);
    return 0;
  },
};
