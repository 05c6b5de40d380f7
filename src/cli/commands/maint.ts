import { goQuote } from "../../base/go-quote.ts";
import { isJsonObject, type JsonValue } from "../../base/json.ts";
import type { Client } from "../../client/index.ts";
import { CLIENT_FLAGS } from "../api-flags.ts";
import { asking, refused, told } from "../asking.ts";
import type { Command, Terminal } from "../command.ts";
import type { Flags } from "../flags.ts";

const NODE_MAINTENANCE = "_node_maintenance";
const SERVICE_MAINTENANCE = "_service_maintenance:";

export const maint: Command = {
  usage: "maint [options]",
  help: `Puts a node or one of its services into maintenance: DNS and the API leave it out, by a critical check that stands for it. It stays so,
over restarts too, until it is ended. With no flags, tells what is in maintenance on this agent; nothing where nothing is.`,
  api: CLIENT_FLAGS,
  flags: [
    { name: "disable", kind: "bool", help: "Ends maintenance." },
    { name: "enable", kind: "bool", help: "Begins maintenance." },
    { name: "reason", kind: "string", help: "Why, for people to read; shown in the notes of the check." },
    { name: "service", kind: "string", help: "Id of a service: only that one, not the node." },
  ],
  async run(flags, terminal) {
    const enable = flags.bool("enable");
    const disable = flags.bool("disable");
    if (enable && disable) return refused(terminal, "Only one of -enable or -disable may be provided");
    if (!enable && flags.string("reason") !== "") return refused(terminal, "Reason may only be provided with -enable");
    if (!enable && !disable && flags.string("service") !== "") return refused(terminal, "Service requires either -enable or -disable");
    return asking({ flags, terminal, fault: "Error querying Consul agent" }, (client) =>
      enable || disable ? change(client, flags, terminal) : show(client, terminal),
    );
  },
};

async function change(client: Client, flags: Flags, terminal: Terminal): Promise<number> {
  const enable = flags.bool("enable");
  const service = flags.string("service");
  const what = service === "" ? "node" : "service";
  const path = service === "" ? "/v1/agent/maintenance" : `/v1/agent/service/maintenance/${encodeURIComponent(service)}`;
  try {
    await client.ask("PUT", path, { query: enable ? { enable: "true", reason: flags.string("reason") } : { enable: "false" } });
  } catch (error) {
    return told(error, `Error ${enable ? "enabling" : "disabling"} ${what} maintenance`, terminal);
  }
  const state = enable ? "enabled" : "disabled";
  terminal.print(service === "" ? `Node maintenance is now ${state}` : `Service maintenance is now ${state} for ${goQuote(service)}`);
  return 0;
}

async function show(client: Client, terminal: Terminal): Promise<number> {
  const self = await client.json("GET", "/v1/agent/self");
  const checks = await client.json("GET", "/v1/agent/checks");
  const all = isJsonObject(checks) ? Object.values(checks).filter(isJsonObject) : [];
  for (const { CheckID: id, Notes: notes } of all) if (id === NODE_MAINTENANCE) tell(terminal, `Node:\n  Name:   ${nameIn(self)}`, notes);
  for (const { CheckID: id, ServiceID: service, Notes: notes } of all) {
    if (String(id).startsWith(SERVICE_MAINTENANCE)) tell(terminal, `Service:\n  ID:     ${String(service)}`, notes);
  }
  return 0;
}

function tell(terminal: Terminal, which: string, notes: JsonValue | undefined): void {
  terminal.print(`${which}\n  Reason: ${String(notes)}\n`);
}

function nameIn(self: JsonValue): string {
  const config = isJsonObject(self) ? self["Config"] : undefined;
  return isJsonObject(config) ? String(config["NodeName"]) : "";
}
