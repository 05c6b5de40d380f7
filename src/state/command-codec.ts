import { BugError, unreachable } from "../base/assert.ts";
import type { ByteString } from "../base/byte-string.ts";
import { KvorumError, messageOf } from "../base/errors.ts";
import { decodeMsgpack, encodeMsgpack } from "../base/msgpack.ts";
import type { KvWrite } from "../model/index.ts";
import type { Bodies, Command, CommandType, RestoreStep } from "./commands.ts";
import { branded, bytes, list, oneOf, optional, plain, record, type Shape, text, uint64, variants, whole, wrong } from "./shape.ts";
import { autopilotGiven, coordinateShape, heedsShape, opShape, queryGiven, registrationShape, sessionGiven } from "./shapes.ts";

/**
 * Each command's number in the log, for ever: append only, and never give a number a second meaning. A server that does not know a number stops,
 * since it would come to another state than the others; one with this bit set does no harm when left out.
 */
const NUMBERS: { readonly [K in CommandType]: number } = {
  "kv.write": 1,
  "kv.reap": 2,
  "session.create": 3,
  "session.destroy": 4,
  "catalog.register": 5,
  "catalog.deregister": 6,
  txn: 7,
  "autopilot.set": 8,
  "query.set": 9,
  "query.delete": 10,
  "coordinates.update": 11,
  restore: 12,
  "catalog.remove": 13,
  "catalog.sync": 14,
  "catalog.reap": 15,
  "txn.remove": 16,
};
const IGNORABLE = 0x80;
const TYPES: ReadonlyMap<number, CommandType> = new Map((Object.entries(NUMBERS) as [CommandType, number][]).map(([type, number]) => [number, type]));

const DECODERS: { readonly [K in CommandType]: Shape<Bodies[K]> } = {
  "kv.write": (body) => decodeKvWrite(body),
  "kv.reap": record<Bodies["kv.reap"]>({ upTo: whole }),
  "session.create": record<Bodies["session.create"]>({ session: sessionGiven }),
  "session.destroy": record<Bodies["session.destroy"]>({ id: text }),
  "catalog.register": registrationShape,
  "catalog.deregister": record<Bodies["catalog.deregister"]>({ node: text, serviceId: text, checkId: text }),
  "catalog.remove": record<Bodies["catalog.remove"]>({ node: text, serviceId: text, checkId: text, at: whole }),
  "catalog.sync": record<Bodies["catalog.sync"]>({ registration: registrationShape, heeds: heedsShape }),
  "catalog.reap": record<Bodies["catalog.reap"]>({ before: whole }),
  txn: record<Bodies["txn"]>({ ops: list(opShape) }),
  "txn.remove": record<Bodies["txn.remove"]>({ ops: list(opShape), at: whole }),
  "autopilot.set": record<Bodies["autopilot.set"]>({ config: autopilotGiven, cas: optional(whole) }),
  "query.set": record<Bodies["query.set"]>({ query: queryGiven }),
  "query.delete": record<Bodies["query.delete"]>({ id: text }),
  "coordinates.update": record<Bodies["coordinates.update"]>({ updates: list(coordinateShape) }),
  restore: variants<RestoreStep>("step", {
    begin: record<RestoreStep & { readonly step: "begin" }>({ step: oneOf("begin"), id: text }),
    chunk: record<RestoreStep & { readonly step: "chunk" }>({ step: oneOf("chunk"), id: text, number: whole, bytes }),
    commit: record<RestoreStep & { readonly step: "commit" }>({ step: oneOf("commit"), id: text, chunks: whole }),
    abort: record<RestoreStep & { readonly step: "abort" }>({ step: oneOf("abort"), id: text }),
  }),
};

/**
 * A command as a log entry: its number, one byte, then its body as MessagePack. Throws `internal` for one that could not be read back: in the log it would
 * stop every server, at every start.
 */
export function encodeCommand<T extends CommandType>(command: { readonly type: T; readonly body: Bodies[T] }): Uint8Array {
  const body = encodeMsgpack(command.type === "kv.write" ? encodeKvWrite(command.body as KvWrite) : command.body);
  if (command.type !== "kv.write") refuseUnreadable(command.type, body); // writes to keys are too many to be read twice, and hold nothing but text and bytes
  const entry = Buffer.allocUnsafe(body.length + 1);
  entry[0] = NUMBERS[command.type];
  entry.set(body, 1);
  return entry;
}

/**
 * `undefined`: a command of a newer version that says of itself that it may be left out. Throws `BugError` for another unknown one,
 * and `KvorumError` with code `corrupt` when the body is not what its number promises.
 */
export function decodeCommand(data: Uint8Array): Command | undefined {
  const number = data[0];
  if (number === undefined) throw new KvorumError("corrupt", "Cannot read stored data: a command is empty");
  const type = TYPES.get(number);
  if (type === undefined) {
    if ((number & IGNORABLE) !== 0) return undefined;
    throw new BugError(`Unknown command ${number} in the log: it was written by a newer version`);
  }
  return { type, body: DECODERS[type](decodeMsgpack(data.subarray(1)), type) } as Command;
}

function refuseUnreadable(type: CommandType, body: Uint8Array): void {
  try {
    DECODERS[type](decodeMsgpack(body), type);
  } catch (error) {
    throw new KvorumError("internal", `Cannot write what could not be read again: ${messageOf(error)}`, { cause: error });
  }
}

/** Writes to keys are nearly all there is, so they go as a short list: verb, key, value, flags, condition. */
function encodeKvWrite(write: KvWrite): readonly unknown[] {
  switch (write.verb) {
    case "set":
      return [1, write.key, write.value, flagsOf(write)];
    case "cas":
      return [2, write.key, write.value, flagsOf(write), write.index];
    case "lock":
      return [3, write.key, write.value, flagsOf(write), write.session];
    case "unlock":
      return [4, write.key, write.value, flagsOf(write), write.session];
    case "delete":
      return [5, write.key];
    case "delete-cas":
      return [6, write.key, write.index];
    case "delete-tree":
      return [7, write.prefix];
    default:
      return unreachable(write);
  }
}

function decodeKvWrite(body: unknown): KvWrite {
  const cells = list(plain)(body, "kv.write");
  const key = branded<ByteString>()(cells[1], "kv.write.key");
  const put = () => ({ key, value: bytes(cells[2], "kv.write.value"), flags: uint64(cells[3], "kv.write.flags") });
  switch (cells[0]) {
    case 1:
      return { verb: "set", ...put() };
    case 2:
      return { verb: "cas", ...put(), index: whole(cells[4], "kv.write.index") };
    case 3:
      return { verb: "lock", ...put(), session: text(cells[4], "kv.write.session") };
    case 4:
      return { verb: "unlock", ...put(), session: text(cells[4], "kv.write.session") };
    case 5:
      return { verb: "delete", key };
    case 6:
      return { verb: "delete-cas", key, index: whole(cells[2], "kv.write.index") };
    case 7:
      return { verb: "delete-tree", prefix: key };
    default:
      return wrong("a verb", "kv.write.verb");
  }
}

function flagsOf({ flags }: { readonly flags: bigint }): bigint | number {
  return flags === 0n ? 0 : flags;
}
