import type { Command } from "./command.ts";

/** A command of the command line; loaded when it is called, so that a small one starts without the code of the large ones. */
export interface Leaf {
  readonly kind: "command";
  readonly synopsis: string;
  readonly load: () => Promise<Command>;
}

/** A command with commands of its own. */
export interface Group {
  readonly kind: "group";
  readonly synopsis: string;
  readonly usage: string;
  readonly help: string;
  readonly commands: Readonly<Record<string, Leaf | Group>>;
}

/** A command of Consul that is not there yet. */
export interface Missing {
  readonly kind: "missing";
  readonly synopsis: string;
}

function leaf(synopsis: string, load: () => Promise<Command>): Leaf {
  return { kind: "command", synopsis, load };
}

function missing(synopsis: string): Missing {
  return { kind: "missing", synopsis };
}

const catalog: Group = {
  kind: "group",
  synopsis: "Reads the catalog",
  usage: "catalog <subcommand> [options] [args]",
  help: `Reads the catalog: what all agents of a datacenter have registered, as the servers know it. For instance:

    $ kvorum catalog datacenters
    $ kvorum catalog nodes -service=web
    $ kvorum catalog services -tags`,
  commands: {
    datacenters: leaf("Lists the datacenters", async () => (await import("./commands/catalog-datacenters.ts")).catalogDatacenters),
    nodes: leaf("Lists the nodes of a datacenter", async () => (await import("./commands/catalog-nodes.ts")).catalogNodes),
    services: leaf("Lists the services of a datacenter", async () => (await import("./commands/catalog-services.ts")).catalogServices),
  },
};

const kv: Group = {
  kind: "group",
  synopsis: "Works with the key-value store",
  usage: "kv <subcommand> [options] [args]",
  help: `Works with the key-value store. For instance, write a key, read it, see all about it, delete it:

    $ kvorum kv put config/limit 10
    $ kvorum kv get config/limit
    $ kvorum kv get -detailed config/limit
    $ kvorum kv delete config/limit`,
  commands: {
    delete: leaf("Deletes a key or all keys under a prefix", async () => (await import("./commands/kv-delete.ts")).kvDelete),
    export: leaf("Prints the keys under a prefix as JSON", async () => (await import("./commands/kv-export.ts")).kvExport),
    get: leaf("Reads or lists keys", async () => (await import("./commands/kv-get.ts")).kvGet),
    import: leaf("Writes keys from the JSON of an export", async () => (await import("./commands/kv-import.ts")).kvImport),
    put: leaf("Writes a key", async () => (await import("./commands/kv-put.ts")).kvPut),
  },
};

const raft: Group = {
  kind: "group",
  synopsis: "Works with the servers of the cluster",
  usage: "operator raft <subcommand> [options]",
  help: "Shows and changes which servers make up the cluster.",
  commands: {
    "add-peer": leaf("Adds a server (of Kvorum's own)", async () => (await import("./commands/raft-change.ts")).addPeer),
    "list-peers": leaf("Lists the servers", async () => (await import("./commands/raft-list-peers.ts")).listPeers),
    recover: leaf("Brings a stopped server back without its quorum (of Kvorum's own)", async () => (await import("./commands/raft-recover.ts")).recoverCommand),
    "remove-peer": leaf("Removes a server", async () => (await import("./commands/raft-change.ts")).removePeer),
    "transfer-leader": leaf("Hands leadership to another server (of Kvorum's own)", async () => (await import("./commands/raft-change.ts")).transferLeader),
  },
};

const autopilot: Group = {
  kind: "group",
  synopsis: "Shows and changes autopilot's settings",
  usage: "operator autopilot <subcommand> [options]",
  help: "Shows and changes how the cluster looks after its own servers.",
  commands: {
    "get-config": leaf("Shows the settings", async () => (await import("./commands/autopilot.ts")).getConfig),
    "set-config": leaf("Changes settings", async () => (await import("./commands/autopilot.ts")).setConfig),
  },
};

const operator: Group = {
  kind: "group",
  synopsis: "Tools for whoever runs a cluster",
  usage: "operator <subcommand> [options]",
  help: "Tools for whoever runs a cluster. They are sharp: a wrong use can stop the cluster or lose data.",
  commands: { autopilot, raft },
};

const services: Group = {
  kind: "group",
  synopsis: "Registers services",
  usage: "services <subcommand> [options] [args]",
  help: `Registers services with an agent, and takes them out again. An agent answers for its own services; what all agents have is in the
catalog. For instance:

    $ kvorum services register web.json
    $ kvorum services deregister -id=web`,
  commands: {
    deregister: leaf("Takes services out of an agent", async () => (await import("./commands/services-deregister.ts")).deregister),
    register: leaf("Registers services with an agent", async () => (await import("./commands/services-register.ts")).register),
  },
};

const snapshot: Group = {
  kind: "group",
  synopsis: "Saves, restores and inspects snapshots of the whole store",
  usage: "snapshot <subcommand> [options] [args]",
  help: `A snapshot is the whole store at one point in time, in one file:

    $ kvorum snapshot save backup.snap
    $ kvorum snapshot inspect backup.snap
    $ kvorum snapshot restore backup.snap`,
  commands: {
    inspect: leaf("Tells about a snapshot file", async () => (await import("./commands/snapshot.ts")).snapshotInspect),
    restore: leaf("Replaces the store by a snapshot", async () => (await import("./commands/snapshot.ts")).snapshotRestore),
    save: leaf("Writes the store to a file", async () => (await import("./commands/snapshot.ts")).snapshotSave),
  },
};

/** The commands of Consul 1.8.7, in its order. */
export const COMMANDS: Readonly<Record<string, Leaf | Group | Missing>> = {
  acl: missing("Works with access control lists"),
  agent: leaf("Runs an agent", async () => (await import("./commands/agent.ts")).agent),
  catalog,
  config: missing("Works with centralized configuration"),
  connect: missing("Works with Connect"),
  debug: leaf("Records what an agent does, for whoever looks for a fault", async () => (await import("./commands/debug.ts")).debug),
  event: leaf("Fires an event", async () => (await import("./commands/event.ts")).fireEvent),
  exec: leaf("Runs a command on nodes", async () => (await import("./commands/exec.ts")).exec),
  "force-leave": leaf("Makes a failed member a member that left", async () => (await import("./commands/force-leave.ts")).forceLeave),
  info: leaf("Shows figures of a running agent", async () => (await import("./commands/info.ts")).info),
  intention: missing("Works with Connect intentions"),
  join: leaf("Makes an agent join a cluster", async () => (await import("./commands/join.ts")).join),
  keygen: leaf("Makes an encryption key", async () => (await import("./commands/keygen.ts")).keygen),
  keyring: leaf("Works with gossip encryption keys", async () => (await import("./commands/keyring.ts")).keyring),
  kv,
  leave: leaf("Makes an agent leave its cluster and stop", async () => (await import("./commands/agent-asks.ts")).leave),
  lock: leaf("Runs a command while holding a lock", async () => (await import("./commands/lock.ts")).lock),
  login: missing("Logs in by an auth method"),
  logout: missing("Destroys a token made by login"),
  maint: leaf("Puts a node or service into maintenance", async () => (await import("./commands/maint.ts")).maint),
  members: leaf("Lists the members of a cluster", async () => (await import("./commands/members.ts")).members),
  monitor: leaf("Shows the log of an agent as it is written", async () => (await import("./commands/monitor.ts")).monitor),
  operator,
  reload: leaf("Makes an agent read its configuration anew", async () => (await import("./commands/agent-asks.ts")).reload),
  rtt: leaf("Estimates the time between two nodes", async () => (await import("./commands/rtt.ts")).rtt),
  services,
  snapshot,
  tls: missing("Makes certificates"),
  validate: leaf("Checks configuration files", async () => (await import("./commands/validate.ts")).validate),
  version: leaf("Prints the version", async () => (await import("./commands/version.ts")).versionCommand),
  watch: leaf("Waits for changes of keys and runs a command at each", async () => (await import("./commands/watch.ts")).watch),
};
