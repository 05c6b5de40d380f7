import { isJsonObject } from "../../base/json.ts";
import { CLIENT_FLAGS } from "../api-flags.ts";
import { asking, refused, told } from "../asking.ts";
import type { Command } from "../command.ts";
import { patternFault } from "../pattern-fault.ts";
import { refusedWithHelp } from "../usage-fault.ts";

export const fireEvent: Command = {
  usage: "event [options] [payload]",
  help: `Fires an event in a datacenter: a message to many agents at once. It travels by gossip; nobody promises that it arrives.
It has a name and may have a payload. Regular expressions choose whom it means.`,
  api: CLIENT_FLAGS,
  flags: [
    { name: "name", kind: "string", help: "Name of the event." },
    { name: "node", kind: "string", help: "Regular expression: only nodes with such a name." },
    { name: "service", kind: "string", help: "Regular expression: only nodes with such a service." },
    { name: "tag", kind: "string", help: "Regular expression: only nodes whose service has such a tag. Needs -service." },
  ],
  async run(flags, terminal) {
    const name = flags.string("name");
    if (name === "") return refusedWithHelp(terminal, fireEvent, "Event name must be specified");
    const fault = patternFault(flags);
    if (fault !== undefined) return refused(terminal, fault);
    if (flags.rest.length > 1) return refusedWithHelp(terminal, fireEvent, "Too many command line arguments.");
    return asking({ flags, terminal, fault: "Error querying Consul agent" }, async (client) => {
      await client.ask("GET", "/v1/agent/self");
      try {
        const query = Object.fromEntries(["node", "service", "tag"].map((filter) => [filter, flags.string(filter) || undefined]));
        const [payload = ""] = flags.rest;
        const fired = await client.json("PUT", `/v1/event/fire/${encodeURIComponent(name)}`, { query, ...(payload === "" ? {} : { body: payload }) });
        terminal.print(`Event ID: ${isJsonObject(fired) ? String(fired["ID"]) : ""}`);
        return 0;
      } catch (error) {
        return told(error, "Error firing event", terminal);
      }
    });
  },
};
