import { KvorumError } from "../base/errors.ts";
import { asIndex, asNodeId, asTerm, type Index, type NodeId, type Term } from "../base/ids.ts";

export interface ArchiveServer {
  readonly id: NodeId;
  readonly address: string;
  readonly suffrage: "voter" | "learner";
  readonly name: string;
}

/** What a snapshot stands for. Has the shape of raft's own `SnapshotMeta`. */
export interface ArchiveMeta {
  readonly index: Index;
  readonly term: Term;
  readonly configuration: { readonly servers: readonly ArchiveServer[] };
  readonly configurationIndex: Index;
}

/** What `meta.json` says: Consul's members, and `Kvorum` with the version of the state's own format. */
export interface ArchiveHeader extends ArchiveMeta {
  /** `term-index-milliseconds`, as Consul names its snapshots. */
  readonly id: string;
  readonly sizeBytes: number;
  /** Consul's version of `meta.json`: 1. */
  readonly version: number;
  /** `undefined` when the state was written by Consul. */
  readonly stateFormat: number | undefined;
}

/** The state format that this program writes and reads. */
export const STATE_FORMAT = 1;

export function encodeMeta(header: Omit<ArchiveHeader, "version">): Buffer {
  const { id, index, term, configuration, configurationIndex, sizeBytes, stateFormat } = header;
  const servers = configuration.servers.map((server) => ({
    Suffrage: server.suffrage === "voter" ? 0 : 1,
    ID: server.id,
    Address: server.address,
    Name: server.name,
  }));
  const json = {
    Version: 1,
    ID: id,
    Index: index,
    Term: term,
    Peers: null,
    Configuration: { Servers: servers },
    ConfigurationIndex: configurationIndex,
    Size: sizeBytes,
    Kvorum: { StateFormat: stateFormat },
  };
  return Buffer.from(`${JSON.stringify(json)}\n`, "utf8");
}

/** Throws a plain `Error` that says what is wrong. */
export function decodeMeta(bytes: Buffer): ArchiveHeader {
  const json = members(JSON.parse(bytes.toString("utf8")), "it");
  const servers = members(json["Configuration"], "Configuration")["Servers"];
  if (!Array.isArray(servers)) throw new Error("Servers is not a list");
  const kvorum = json["Kvorum"];
  return {
    version: whole(json, "Version"),
    id: text(json, "ID"),
    index: asIndex(whole(json, "Index")),
    term: asTerm(whole(json, "Term")),
    configuration: { servers: servers.map(decodeServer) },
    configurationIndex: asIndex(whole(json, "ConfigurationIndex")),
    sizeBytes: whole(json, "Size"),
    stateFormat: kvorum === undefined ? undefined : whole(members(kvorum, "Kvorum"), "StateFormat"),
  };
}

/** Throws code `internal`, which Consul answers such files with, unless the state in the archive can be restored here. */
export function refuseForeignState(header: ArchiveHeader): void {
  if (header.stateFormat === undefined) {
    throw new KvorumError(
      "internal",
      "failed to read snapshot file: its state was written by Consul, in a format of its own; bring the keys over with `kv export` and `kv import`",
    );
  }
  if (header.stateFormat > STATE_FORMAT) {
    throw new KvorumError("internal", `failed to read snapshot file: its state format ${header.stateFormat} is newer than ${STATE_FORMAT}`);
  }
}

function decodeServer(json: unknown): ArchiveServer {
  const server = members(json, "a server");
  const id = text(server, "ID");
  if (id === "") throw new Error("a server has no ID");
  const name = server["Name"];
  return {
    id: asNodeId(id),
    address: text(server, "Address"),
    suffrage: whole(server, "Suffrage") === 0 ? "voter" : "learner",
    name: typeof name === "string" ? name : "",
  };
}

function members(json: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof json !== "object" || json === null) throw new Error(`${what} is not an object`);
  return json as Readonly<Record<string, unknown>>;
}

function text(json: Readonly<Record<string, unknown>>, name: string): string {
  const value = json[name];
  if (typeof value !== "string") throw new Error(`${name} is not text`);
  return value;
}

function whole(json: Readonly<Record<string, unknown>>, name: string): number {
  const value = json[name];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new Error(`${name} is not a whole number`);
  return value;
}
