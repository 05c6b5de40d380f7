import { goQuote } from "../../base/go-quote.ts";
import { type JsonObject, writeJson } from "../../base/json.ts";
import { CLIENT_FLAGS, NAMESPACE_FLAG, SERVER_FLAGS } from "../api-flags.ts";
import { asking, refused, told } from "../asking.ts";
import type { Command, Terminal } from "../command.ts";
import { memberOf, servicesIn } from "../definition-files.ts";
import type { FlagSpec, Flags } from "../flags.ts";
import { pairsOf } from "../pairs.ts";

const API: readonly FlagSpec[] = [...CLIENT_FLAGS, ...SERVER_FLAGS];
const OWN: readonly FlagSpec[] = [
  { name: "address", kind: "string", help: "Address of the service, where no file says it." },
  { name: "id", kind: "string", help: "Id of the service; its -name when not given." },
  { name: "kind", kind: "string", help: "What the service is, such as connect-proxy." },
  { name: "meta", kind: "strings", value: "value", help: "A pair key=value about the service. May be given several times." },
  { name: "name", kind: "string", help: "Name of the service, where no file says it." },
  NAMESPACE_FLAG,
  { name: "port", kind: "int", help: "Port of the service, where no file says it." },
  { name: "tag", kind: "strings", value: "value", help: "A tag of the service. May be given several times." },
  { name: "tagged-address", kind: "strings", value: "value", help: "A further address, name=ip:port. May be given several times." },
];

export const register: Command = {
  usage: "services register [options] [FILE...]",
  help: `Registers services with an agent: those that configuration files define (HCL or JSON), or one that the flags describe. The command
ends when they are registered; to take them out again is up to whoever called it.

    $ kvorum services register web.json`,
  api: API,
  flags: OWN,
  async run(flags, terminal) {
    const described = flags.string("name") !== "";
    if (described && flags.rest.length > 0) return refused(terminal, "Service registration requires arguments or -id, not both.");
    if (!described && flags.rest.length === 0) return refused(terminal, "Service registration requires at least one argument or flags.");
    const services = described ? byFlags(flags, terminal) : await servicesIn(flags.rest, terminal);
    if (typeof services === "number") return services;
    return asking({ flags, terminal, fault: "Error registering service" }, async (client) => {
      for (const service of services) {
        const name = memberOf(service, "name");
        try {
          await client.ask("PUT", "/v1/agent/service/register", { body: writeJson(service) });
        } catch (error) {
          return told(error, `Error registering service ${goQuote(name)}`, terminal);
        }
        terminal.print(`Registered service: ${name}`);
      }
      return 0;
    });
  },
};

/** The one service that flags describe, or an exit code when a flag is at fault, which is told. */
function byFlags(flags: Flags, terminal: Terminal): readonly JsonObject[] | number {
  const meta = pairsOf(flags, { flag: "meta", specs: [...API, ...OWN], terminal });
  if (typeof meta === "number") return meta;
  const tagged = pairsOf(flags, { flag: "tagged-address", specs: [...API, ...OWN], terminal });
  if (typeof tagged === "number") return tagged;
  const addresses: Record<string, JsonObject> = {};
  for (const [name, text] of tagged) {
    const [, host, port] = /^(.*):(\d+)$/.exec(text) ?? [];
    if (host === undefined || port === undefined) return refused(terminal, `Invalid Tagged Address: address ${text}: missing port in address`);
    addresses[name] = { Address: host.replace(/^\[|\]$/g, ""), Port: Number(port) };
  }
  return [
    {
      Kind: flags.string("kind"),
      ID: flags.string("id"),
      Name: flags.string("name"),
      Address: flags.string("address"),
      Port: flags.int("port", 0),
      Tags: [...flags.strings("tag")],
      Meta: Object.fromEntries(meta),
      TaggedAddresses: addresses,
    },
  ];
}
