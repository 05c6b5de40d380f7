import { KvorumError } from "../../base/errors.ts";
import { Scope } from "../../base/scope.ts";
import { planRecovery, type RecoveryOptions, type RecoveryPlan, recover } from "../../node/index.ts";
import { realPlatform } from "../../platform/index.ts";
import { refused } from "../asking.ts";
import type { Command, Terminal } from "../command.ts";

export const recoverCommand: Command = {
  usage: "operator raft recover -data-dir=PATH [options]",
  help: `Brings a cluster back that lost most of its servers for good: makes one stopped server its only one, with what its log holds. What
the others alone had acknowledged is lost. Without -yes it only says what would happen. The other servers then join with empty data
directories. (To bring back several servers at once, write raft/peers.json; raft/peers.info beside it explains.)`,
  flags: [
    { name: "address", kind: "string", help: "ip:port at which this server will be reached; where it was last when not given." },
    { name: "data-dir", kind: "string", help: "Data directory of the server, which must not run." },
    { name: "yes", kind: "bool", help: "Does it." },
  ],
  async run(flags, terminal) {
    const folder = flags.string("data-dir", flags.rest[0] ?? "");
    if (folder === "") return refused(terminal, "Error recovering: -data-dir is required");
    await using scope = new Scope();
    const platform = realPlatform(scope, { log: { level: "warn", write: (text) => terminal.error(text.trimEnd()) } });
    const options: RecoveryOptions = { platform, folder, address: flags.string("address") };
    try {
      const plan = await planRecovery(options);
      printPlan(plan, folder, terminal);
      if (!flags.bool("yes")) {
        terminal.print("\nNothing was changed. Run it again with -yes to do this.");
        return 1;
      }
      await recover(options);
      terminal.print("\nDone. Start this server, then add the others with empty data directories.");
      return 0;
    } catch (error) {
      if (!(error instanceof KvorumError)) throw error;
      return refused(terminal, `Error recovering: ${error.message}`);
    }
  },
};

function printPlan({ id, before, after, lastIndex, lastTerm, losses }: RecoveryPlan, folder: string, terminal: Terminal): void {
  terminal.print(`Server ${id} in ${folder}; its last entry is ${lastIndex} of term ${lastTerm}.`);
  terminal.print("\nServers now:");
  for (const server of before) terminal.print(`    ${server.name} ${server.address} ${server.suffrage} ${server.id}`);
  terminal.print("Servers afterwards:");
  for (const server of after) terminal.print(`    ${server.name} ${server.address} ${server.suffrage} ${server.id}`);
  terminal.print("\nWhat is lost:");
  for (const loss of losses) terminal.print(`    ${loss}`);
}
