import { join } from "node:path";
import { KvorumError, messageOf } from "../base/errors.ts";
import { asNodeId } from "../base/ids.ts";
import { type Files, parseAddress } from "../platform/index.ts";
import type { Configuration, ServerEntry } from "../raft/index.ts";

/** What an operator wrote into `raft/peers.json` to bring a cluster back that lost its quorum. */
export type PeersFile =
  /** `["10.0.0.1:8300"]`, as for Consul's raft protocol 2: the ids must be known from the log. */
  | { readonly kind: "addresses"; readonly addresses: readonly string[] }
  /** `[{"id": "…", "address": "10.0.0.1:8300", "non_voter": false}]`, as for protocol 3. */
  | { readonly kind: "servers"; readonly servers: readonly ServerEntry[] };

const EXPLANATION = `This server looks for a file peers.json in this folder when it starts. It is for one situation only: a
majority of the servers is gone for good, so that the rest can no longer elect a leader.

Writing the file says: these are the servers from now on, whatever the log says. What the lost servers
had acknowledged and the remaining ones have not got is lost.

  1. Stop all servers that remain.
  2. On each of them put the same peers.json here:

     [
       { "id": "adf4238a-882b-9ddc-4a9d-5b6758e4159e", "address": "10.1.0.1:8300", "non_voter": false },
       { "id": "8b6dda82-3103-11e7-93ae-92361f002671", "address": "10.1.0.2:8300", "non_voter": false }
     ]

     id is what the file node-id in the data directory says, address is where the server listens for
     other servers. A plain list of addresses, [ "10.1.0.1:8300", "10.1.0.2:8300" ], will do for servers
     that the log knows.
  3. Start them. Each takes the file in and deletes it.
`;

/** `undefined` when there is no such file. Rejects with code `config`, naming the file and the fault. */
export async function readPeersFile(files: Files, folder: string): Promise<PeersFile | undefined> {
  const path = peersPath(folder);
  const content = await files.read(path);
  if (content === undefined) return undefined;
  try {
    return decodePeers(JSON.parse(content.toString("utf8")));
  } catch (error) {
    throw new KvorumError("config", `Cannot recover from "${path}": ${messageOf(error)}`, { cause: error });
  }
}

/**
 * The configuration that the file means; names come from what the log knows, and so do the ids of plain addresses.
 * Throws code `config` when an address is unknown.
 */
export function configurationOf(file: PeersFile, known: Configuration): Configuration {
  const servers = file.kind === "servers" ? file.servers.map((server) => named(server, known)) : file.addresses.map((address) => find(address, known));
  return { servers: [...servers].sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

/** The file has been taken in. */
export async function forgetPeersFile(files: Files, folder: string): Promise<void> {
  await files.remove(peersPath(folder));
}

/** Leaves an explanation of `peers.json` where an operator in need will look, as Consul does. */
export async function writePeersInfo(files: Files, folder: string): Promise<void> {
  const path = join(folder, "raft", "peers.info");
  if ((await files.size(path)) === undefined) await files.replace(path, Buffer.from(EXPLANATION));
}

function decodePeers(json: unknown): PeersFile {
  if (!Array.isArray(json) || json.length === 0) throw new Error("it is not a list of servers");
  const rows: readonly unknown[] = json;
  const addresses = rows.filter((row) => typeof row === "string");
  const file: PeersFile =
    addresses.length === rows.length ? { kind: "addresses", addresses: addresses.map(checkAddress) } : { kind: "servers", servers: rows.map(decodeServer) };
  refuseDoubles(file.kind === "addresses" ? file.addresses : file.servers.flatMap(({ id, address }) => [id, address]));
  if (file.kind === "servers" && !file.servers.some(({ suffrage }) => suffrage === "voter")) throw new Error("none of the servers is a voter");
  return file;
}

function decodeServer(json: unknown, at: number): ServerEntry {
  if (typeof json !== "object" || json === null) throw new Error(`server ${at + 1} is not an object`);
  const { id, address, non_voter: nonVoter = false } = json as Readonly<Record<string, unknown>>;
  if (typeof id !== "string" || id === "") throw new Error(`server ${at + 1} has no id`);
  if (typeof address !== "string") throw new Error(`server ${at + 1} has no address`);
  if (typeof nonVoter !== "boolean") throw new Error(`server ${at + 1}: non_voter is neither true nor false`);
  return { id: asNodeId(id), address: checkAddress(address), suffrage: nonVoter ? "learner" : "voter", name: "" };
}

function checkAddress(address: string): string {
  parseAddress(address);
  return address;
}

function refuseDoubles(values: readonly string[]): void {
  const seen = new Set<string>();
  for (const value of values) {
    if (seen.has(value)) throw new Error(`"${value}" is there twice`);
    seen.add(value);
  }
}

function named(server: ServerEntry, known: Configuration): ServerEntry {
  return { ...server, name: known.servers.find(({ id }) => id === server.id)?.name ?? "" };
}

function find(address: string, known: Configuration): ServerEntry {
  const server = known.servers.find((candidate) => candidate.address === address);
  if (server === undefined) throw new KvorumError("config", `Cannot recover: the log knows no server at "${address}"; give its id as well`);
  return { ...server, suffrage: "voter" };
}

function peersPath(folder: string): string {
  return join(folder, "raft", "peers.json");
}
