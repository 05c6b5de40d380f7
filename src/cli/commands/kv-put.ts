import { BadRequestError } from "../../base/errors.ts";
import { KvClient, type Query } from "../../client/index.ts";
import { CLIENT_FLAGS, NAMESPACE_FLAG, SERVER_FLAGS } from "../api-flags.ts";
import { asking, refused, tooMany } from "../asking.ts";
import { decodeBase64 } from "../base64.ts";
import type { Command, Terminal } from "../command.ts";
import type { Flags } from "../flags.ts";
import { dataOf, FileError } from "../input.ts";

export const kvPut: Command = {
  usage: "kv put [options] KEY [DATA]",
  help: `Writes a key. DATA is the value itself, @FILE for what a file holds, - for standard input, and may be left out for an empty value.

    $ kvorum kv put config/limit 10
    $ kvorum kv put config/logo @logo.png
    $ date | kvorum kv put config/changed -

With -cas the key is written only if its ModifyIndex is still the one given:

    $ kvorum kv put -cas -modify-index=844 config/limit 11`,
  api: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  flags: [
    { name: "acquire", kind: "bool", help: "Takes the lock on the key for -session, making the key if need be." },
    { name: "base64", kind: "bool", help: "DATA is in base 64." },
    { name: "cas", kind: "bool", help: "Writes only if the key is as it was at -modify-index." },
    { name: "flags", kind: "uint", help: "A number to keep with the key; its meaning is the client's own." },
    { name: "modify-index", kind: "uint", help: "The ModifyIndex that -cas expects." },
    NAMESPACE_FLAG,
    { name: "release", kind: "bool", help: "Gives the lock on the key back, that -session holds." },
    { name: "session", kind: "string", help: "Id of the session that -acquire and -release speak of." },
  ],
  async run(flags, terminal) {
    const [key, data = ""] = flags.rest;
    if (key === undefined) return refused(terminal, "Error! Missing KEY argument");
    if (flags.rest.length > 2) return refused(terminal, `Error! ${tooMany(flags, "1 or 2")}`);
    if (flags.bool("cas") && (flags.big("modify-index") ?? 0n) === 0n) return refused(terminal, "Must specify -modify-index with -cas!");
    if ((flags.bool("acquire") || flags.bool("release")) && flags.string("session") === "") {
      return refused(terminal, "Error! Missing -session (required with -acquire and -release)");
    }
    let value: Buffer;
    try {
      value = await bytesOf(data, flags, terminal);
    } catch (error) {
      if (error instanceof FileError) return refused(terminal, `Error! Failed to read file: ${error.message}`);
      if (error instanceof BadRequestError) return refused(terminal, `Error! Cannot base 64 decode data: ${error.message}`);
      throw error;
    }
    return asking({ flags, terminal, fault: "Error! Failed writing data" }, async (client) => {
      const written = await new KvClient(client).put(key, value, conditions(flags));
      return report(key, written, flags, terminal);
    });
  },
};

async function bytesOf(data: string, flags: Flags, terminal: Terminal): Promise<Buffer> {
  const bytes = await dataOf(data, terminal);
  return flags.bool("base64") ? decodeBase64(bytes.toString("latin1")) : bytes;
}

function conditions(flags: Flags): Query {
  const kvFlags = flags.big("flags") ?? 0n;
  const common: Query = kvFlags === 0n ? {} : { flags: kvFlags };
  if (flags.bool("cas")) return { ...common, cas: flags.big("modify-index") };
  if (flags.bool("acquire")) return { ...common, acquire: flags.string("session") };
  return flags.bool("release") ? { ...common, release: flags.string("session") } : common;
}

function report(key: string, written: boolean, flags: Flags, terminal: Terminal): number {
  const [failed, done] = flags.bool("cas")
    ? [`Error! Did not write to ${key}: CAS failed`, `Success! Data written to: ${key}`]
    : flags.bool("acquire")
      ? ["Error! Did not acquire lock", `Success! Lock acquired on: ${key}`]
      : flags.bool("release")
        ? ["Error! Did not release lock", `Success! Lock released on: ${key}`]
        : [`Error! Did not write to ${key}`, `Success! Data written to: ${key}`];
  if (!written) return refused(terminal, failed);
  terminal.print(done);
  return 0;
}
