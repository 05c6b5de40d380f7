import type { RuntimeConfig } from "../config/index.ts";

/** What an agent tells about itself when it has started. The layout is Consul's, since people and scripts read it; -1 is what it does not serve. */
export function banner(
  config: RuntimeConfig,
  { version, compatVersion, nodeId }: { readonly version: string; readonly compatVersion: string; readonly nodeId: string },
): string {
  const { ports } = config;
  const rows: readonly (readonly [string, string])[] = [
    ["Version", `'${compatVersion}' (Kvorum ${version})`],
    ["Node ID", `'${nodeId}'`],
    ["Node name", `'${config.nodeName}'`],
    ["Datacenter", `'${config.datacenter}' (Segment: '${config.server ? "<all>" : ""}')`],
    ["Server", `${config.server} (Bootstrap: ${config.bootstrap})`],
    ["Client Addr", `[${config.clientAddrs.join(" ")}] (HTTP: ${ports.http}, HTTPS: ${ports.https}, gRPC: -1, DNS: ${ports.dns})`],
    [
      "Cluster Addr",
      `${config.advertiseAddr} (Server: ${config.server ? ports.server : -1}, LAN: ${ports.serfLan}, WAN: ${config.server ? ports.serfWan : -1})`,
    ],
    ["Encrypt", `Gossip: ${config.gossip.encrypt !== ""}, TLS-Outgoing: false, TLS-Incoming: false, Auto-Encrypt-TLS: false`],
  ];
  return `${rows.map(([name, value]) => `${name.padStart(18)}: ${value}`).join("\n")}\n`;
}

/** What somebody who has just started a dev agent may try. */
export function suggestions(httpAddress: string): string {
  const url = `http://${httpAddress}`;
  return `==> A dev agent of your own: everything is in memory and gone when it stops (Ctrl-C). Try, in another terminal:

    curl -X PUT -d 'hello' ${url}/v1/kv/greeting      write a key
    curl ${url}/v1/kv/greeting?raw                    read it
    curl '${url}/v1/kv/greeting?index=1&wait=30s'     with its index: answers when the key changes
    bin/kvorum kv put config/limit 10                        the same from the command line
    bin/kvorum kv get -recurse                               all keys
    bin/kvorum operator raft list-peers                      who is in the cluster
    curl ${url}/v1/openapi.json                       everything the HTTP API takes
    npm run cluster -- up 3                                  three servers on 127.0.0.x
`;
}
