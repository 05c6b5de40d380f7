import type { Backend } from "../model/index.ts";
import type { RaftNode } from "../raft/index.ts";

/** Takes this server out of raft's configuration, unless nobody else would be left. Rejects as `Operator.RaftRemovePeer` does. */
export async function leaveCluster({ raft, backend }: { readonly raft: RaftNode; readonly backend: Backend }): Promise<void> {
  const { id, configuration } = raft.status();
  const others = configuration.servers.filter((server) => server.id !== id && server.suffrage === "voter");
  if (others.length === 0 || !configuration.servers.some((server) => server.id === id)) return;
  await backend.call("Operator.RaftRemovePeer", { id, address: "", options: { datacenter: "", token: "" } });
}
