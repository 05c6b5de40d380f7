import { isJsonObject } from "../../base/json.ts";
import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { asking, refused } from "../asking.ts";
import type { Command } from "../command.ts";

export const removePeer: Command = {
  usage: "operator raft remove-peer [options]",
  help: `Removes a server from the cluster, by address or by id. For servers that are gone for good: one that still runs should
leave by itself.`,
  api: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  flags: [
    { name: "address", kind: "string", help: "ip:port of the server." },
    { name: "id", kind: "string", help: "Id of the server." },
  ],
  async run(flags, terminal) {
    const address = flags.string("address");
    const id = flags.string("id");
    if (address === "" && id === "") return refused(terminal, "Error removing peer: an address or id is required for the peer to remove");
    if (address !== "" && id !== "") return refused(terminal, "Error removing peer: cannot give both an address and id");
    return asking({ flags, terminal, fault: "Error removing peer" }, async (client) => {
      await client.ask("DELETE", "/v1/operator/raft/peer", { query: id === "" ? { address } : { id } });
      terminal.print(id === "" ? `Removed peer with address ${JSON.stringify(address)}` : `Removed peer with id ${JSON.stringify(id)}`);
      return 0;
    });
  },
};

export const addPeer: Command = {
  usage: "operator raft add-peer -address=IP:PORT [options]",
  help: `Adds the server that listens at an address (its server port, 8300). It is asked who it is, follows at first, and votes once it
has caught up and been stable for a while. Only a server with an empty log, or one the cluster knows, is taken.`,
  api: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  flags: [{ name: "address", kind: "string", help: "ip:port of the server." }],
  async run(flags, terminal) {
    const address = flags.string("address", flags.rest[0] ?? "");
    if (address === "") return refused(terminal, "Error adding peer: the address of the server is required");
    return asking({ flags, terminal, fault: "Error adding peer" }, async (client) => {
      const answer = await client.json("PUT", "/v1/operator/kvorum/server", { query: { address } });
      terminal.print(`Added peer ${JSON.stringify(address)} with id ${JSON.stringify(isJsonObject(answer) ? String(answer["ID"]) : "")}`);
      return 0;
    });
  },
};

export const transferLeader: Command = {
  usage: "operator raft transfer-leader [options]",
  help: "Hands leadership to another server in order: no write is lost, and hardly any is held up.",
  api: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  flags: [{ name: "id", kind: "string", help: "Id of the server to lead; whoever is furthest on when not given." }],
  run: (flags, terminal) =>
    asking({ flags, terminal, fault: "Error transferring leadership" }, async (client) => {
      const id = flags.string("id");
      await client.ask("PUT", "/v1/operator/kvorum/transfer-leader", { query: id === "" ? {} : { id } });
      terminal.print("Leadership transferred");
      return 0;
    }),
};
