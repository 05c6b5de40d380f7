import { isJsonArray, isJsonObject } from "../../base/json.ts";
import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { asking } from "../asking.ts";
import type { Command } from "../command.ts";
import { columns } from "../table.ts";

export const listPeers: Command = {
  usage: "operator raft list-peers [options]",
  help: "Lists the servers of the cluster, with who leads and who votes.",
  api: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  run: (flags, terminal) =>
    asking({ flags, terminal, fault: "Error getting peers: Failed to retrieve raft configuration" }, async (client) => {
      const answer = await client.json("GET", "/v1/operator/raft/configuration", { query: client.readQuery });
      const servers = isJsonObject(answer) && isJsonArray(answer["Servers"]) ? answer["Servers"].filter(isJsonObject) : [];
      const rows = servers.map((server) => [
        String(server["Node"] ?? ""),
        String(server["ID"] ?? ""),
        String(server["Address"] ?? ""),
        server["Leader"] === true ? "leader" : "follower",
        String(server["Voter"] === true),
        String(server["ProtocolVersion"] ?? "") || "<=1",
      ]);
      terminal.print(columns([["Node", "ID", "Address", "State", "Voter", "RaftProtocol"], ...rows]));
      return 0;
    }),
};
