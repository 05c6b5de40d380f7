import { BadRequestError } from "../../base/errors.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../base/json.ts";
import { JsonSyntaxError, parseWholeJson } from "../../base/json-parse.ts";
import { KvClient } from "../../client/index.ts";
import { CLIENT_FLAGS, NAMESPACE_FLAG, SERVER_FLAGS } from "../api-flags.ts";
import { asking, refused, told, tooMany } from "../asking.ts";
import { decodeBase64 } from "../base64.ts";
import type { Command } from "../command.ts";
import { dataOf, FileError } from "../input.ts";

interface Entry {
  readonly key: string;
  readonly flags: bigint;
  readonly value: string;
}

export const kvImport: Command = {
  usage: "kv import [options] DATA",
  help: `Writes the keys of an export. DATA is the JSON itself, @FILE, or - for standard input:

    $ kvorum kv import @config.json`,
  api: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  flags: [NAMESPACE_FLAG],
  async run(flags, terminal) {
    const [argument] = flags.rest;
    if (argument === undefined) return refused(terminal, "Error! Missing DATA argument");
    if (flags.rest.length > 1) return refused(terminal, `Error! ${tooMany(flags, "1")}`);
    let entries: readonly Entry[];
    try {
      entries = readEntries((await dataOf(argument, terminal)).toString("utf8"));
    } catch (error) {
      if (error instanceof FileError) return refused(terminal, `Error! Failed to read file: ${error.message}`);
      if (error instanceof JsonSyntaxError)
        return refused(terminal, `Cannot unmarshal data: ${error.message.replace(/^(unexpected )?EOF$/, "unexpected end of JSON input")}`);
      if (error instanceof BadRequestError) return refused(terminal, `Cannot unmarshal data: ${error.message}`);
      throw error;
    }
    return asking({ flags, terminal, fault: "Error! Failed writing data" }, async (client) => {
      const kv = new KvClient(client);
      for (const { key, flags: kvFlags, value } of entries) {
        const bytes = decoded(value);
        if (bytes instanceof BadRequestError) return refused(terminal, `Error base 64 decoding value for key ${key}: ${bytes.message}`);
        try {
          await kv.put(key, bytes, kvFlags === 0n ? {} : { flags: kvFlags });
        } catch (error) {
          return told(error, `Error! Failed writing data for key ${key}`, terminal);
        }
        terminal.print(`Imported: ${key}`);
      }
      return 0;
    });
  },
};

/** Reads what an export printed. Throws `JsonSyntaxError` or `BadRequestError`. */
function readEntries(text: string): readonly Entry[] {
  const list = parseWholeJson(text);
  if (list === null) return [];
  if (!isJsonArray(list)) throw new BadRequestError("json: cannot unmarshal object into Go value of type []*impexp.Entry");
  return list.map((item) => {
    if (!isJsonObject(item)) throw new BadRequestError("json: an entry is not an object");
    const member = (name: string): JsonValue | undefined => Object.entries(item).find(([key]) => key.toLowerCase() === name)?.[1];
    return { key: textOf(member("key"), "key"), flags: flagsOf(member("flags")), value: textOf(member("value"), "value") };
  });
}

function textOf(value: JsonValue | undefined, name: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw new BadRequestError(`json: cannot unmarshal ${typeof value} into Go struct field Entry.${name} of type string`);
  return value;
}

function flagsOf(value: JsonValue | undefined): bigint {
  if (value === undefined || value === null) return 0n;
  if (typeof value === "bigint" && value >= 0n) return value;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw new BadRequestError(`json: cannot unmarshal ${typeof value} into Go struct field Entry.flags of type uint64`);
}

function decoded(value: string): Buffer | BadRequestError {
  try {
    return decodeBase64(value);
  } catch (error) {
    if (error instanceof BadRequestError) return error;
    throw error;
  }
}
