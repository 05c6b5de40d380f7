import type { ServerStats } from "../../model/index.ts";
import type { ServerContext } from "../context.ts";

/** `ip:port` of the leader; empty when none is known. Consul api-docs, status. */
export function statusLeader(context: ServerContext): string {
  return context.leadership.view.leader?.address ?? "";
}

export function statusPeers(context: ServerContext): readonly string[] {
  return context.raft
    .status()
    .configuration.servers.filter((server) => server.suffrage === "voter")
    .map((server) => server.address);
}

/** How this server is, told to autopilot and to whoever adds it to a cluster. */
export function serverStats(context: ServerContext): ServerStats {
  const status = context.raft.status();
  const { settings, rpc } = context;
  return {
    id: settings.id,
    name: settings.nodeName,
    datacenter: settings.datacenter,
    version: settings.version,
    lastTerm: status.lastLogTerm,
    lastIndex: status.lastLogIndex,
    lastContactMs: status.lastContactMs === undefined ? undefined : Math.floor(status.lastContactMs),
    address: rpc.address,
    servers: status.configuration.servers.map(({ id }) => id),
    empty: status.lastLogIndex === 0 && status.snapshotIndex === 0,
  };
}
