import { goQuote } from "../../base/go-quote.ts";
import { CLIENT_FLAGS, NAMESPACE_FLAG, SERVER_FLAGS } from "../api-flags.ts";
import { asking, refused, told } from "../asking.ts";
import type { Command } from "../command.ts";
import { memberOf, servicesIn } from "../definition-files.ts";

export const deregister: Command = {
  usage: "services deregister [options] [FILE...]",
  help: `Takes services out of the agent that they were registered with: those that configuration files define, or the one of an id.

    $ kvorum services deregister web.json db.json
    $ kvorum services deregister -id=web

Ask the agent that the service was registered with.`,
  api: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  flags: [{ name: "id", kind: "string", help: "Id of the service. Not together with files." }, NAMESPACE_FLAG],
  async run(flags, terminal) {
    const id = flags.string("id");
    if (id !== "" && flags.rest.length > 0) return refused(terminal, "Service deregistration requires arguments or -id, not both.");
    if (id === "" && flags.rest.length === 0) return refused(terminal, "Service deregistration requires at least one argument or -id.");
    const services = id === "" ? await servicesIn(flags.rest, terminal) : [{ ID: id }];
    if (typeof services === "number") return services;
    return asking({ flags, terminal, fault: "Error deregistering service" }, async (client) => {
      for (const service of services) {
        const name = memberOf(service, "name");
        const which = memberOf(service, "id") || name;
        if (which === "") continue;
        try {
          await client.ask("PUT", `/v1/agent/service/deregister/${encodeURIComponent(which)}`);
        } catch (error) {
          return told(error, `Error registering service ${goQuote(name)}`, terminal); // Consul's own word, wrong as it is
        }
        terminal.print(`Deregistered service: ${which}`);
      }
      return 0;
    });
  },
};
