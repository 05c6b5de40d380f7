import { KvClient, type KvPair } from "../../client/index.ts";
import { CLIENT_FLAGS, NAMESPACE_FLAG, SERVER_FLAGS } from "../api-flags.ts";
import { asking, refused, tooMany } from "../asking.ts";
import type { Command, Terminal } from "../command.ts";
import type { Flags } from "../flags.ts";

export const kvGet: Command = {
  usage: "kv get [options] [KEY_OR_PREFIX]",
  help: `Prints the value of a key as it was stored; a key that is not there is an error.

    $ kvorum kv get config/limit

With -detailed all about it, with -recurse all keys that begin with the text, with -keys their names alone:

    $ kvorum kv get -recurse config/
    $ kvorum kv get -keys config/`,
  api: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  flags: [
    { name: "base64", kind: "bool", help: "Prints values in base 64." },
    { name: "detailed", kind: "bool", help: "Prints indexes, flags and session beside the value." },
    { name: "keys", kind: "bool", help: "Prints the names of the keys under the prefix, up to the next separator." },
    NAMESPACE_FLAG,
    { name: "recurse", kind: "bool", help: "Prints all keys under the prefix with their values." },
    { name: "separator", kind: "string", help: 'Where -keys stops; "/" when not given, "" for whole keys.' },
  ],
  async run(flags, terminal) {
    const many = flags.bool("recurse") || flags.bool("keys");
    if (flags.rest.length > 1) return refused(terminal, tooMany(flags, "1"));
    const key = (flags.rest[0] ?? "").replace(/^\//, "");
    if (key === "" && !many) return refused(terminal, "Error! Missing KEY argument");
    return asking({ flags, terminal, fault: "Error querying Consul agent" }, async (client) => {
      const kv = new KvClient(client);
      if (flags.bool("keys")) {
        for (const name of (await kv.keys(key, flags.string("separator", "/"))).value) terminal.print(name);
        return 0;
      }
      if (flags.bool("recurse")) {
        printAll((await kv.list(key)).value, flags, terminal);
        return 0;
      }
      const { value: pair } = await kv.get(key);
      if (pair === undefined) return refused(terminal, `Error! No key exists at: ${key}`);
      printOne(pair, flags, terminal);
      return 0;
    });
  },
};

function printOne(pair: KvPair, flags: Flags, terminal: Terminal): void {
  if (flags.bool("detailed")) printDetails(pair, flags, terminal);
  else printValue("", pair, flags, terminal);
}

function printAll(pairs: readonly KvPair[], flags: Flags, terminal: Terminal): void {
  for (const [at, pair] of pairs.entries()) {
    if (!flags.bool("detailed")) printValue(`${pair.key}:`, pair, flags, terminal);
    else {
      if (at > 0) terminal.print("");
      printDetails(pair, flags, terminal);
    }
  }
}

/** The value goes out byte for byte: it need not be text. */
function printValue(lead: string, { value }: KvPair, flags: Flags, terminal: Terminal): void {
  terminal.write(Buffer.concat([Buffer.from(lead), flags.bool("base64") ? Buffer.from(value.toString("base64")) : value, Buffer.from("\n")]));
}

function printDetails(pair: KvPair, flags: Flags, terminal: Terminal): void {
  const rows: readonly (readonly [string, string])[] = [
    ["CreateIndex", String(pair.createIndex)],
    ["Flags", String(pair.flags)],
    ["Key", pair.key],
    ["LockIndex", String(pair.lockIndex)],
    ["ModifyIndex", String(pair.modifyIndex)],
    ["Session", pair.session === "" ? "-" : pair.session],
  ];
  for (const [name, value] of rows) terminal.print(`${name.padEnd(17)}${value}`);
  if (pair.value.length === 0) terminal.print("Value");
  else printValue("Value            ", pair, flags, terminal);
}
