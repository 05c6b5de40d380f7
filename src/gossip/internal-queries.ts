import { messageOf } from "../base/errors.ts";
import type { KeyResponse, MemberRecord, Query, SerfMember } from "./core/index.ts";
import type { KeyChange, Keyring } from "./keyring.ts";
import { ANSWER_BYTES_MAX } from "./limits.ts";
import { statusNumber } from "./members.ts";
import { WireError } from "./wire/error.ts";
import { decodeSerf, encodeSerf } from "./wire/serf.ts";

/** Queries with this prefix are the pool's own and are shown to nobody. */
export const INTERNAL_PREFIX = "_serf_";
export const PING_QUERY = "_serf_ping";
export const CONFLICT_QUERY = "_serf_conflict";
export const KEY_QUERIES = { install: "_serf_install-key", use: "_serf_use-key", remove: "_serf_remove-key", list: "_serf_list-keys" } as const;
const CHANGES: ReadonlyMap<string, KeyChange> = new Map([
  [KEY_QUERIES.install, "install"],
  [KEY_QUERIES.use, "use"],
  [KEY_QUERIES.remove, "remove"],
]);
/** Bytes of an answer besides its payload and the name of who answers: type, keys, numbers. */
const ANSWER_OVERHEAD_BYTES = 64;

export interface InternalParts {
  readonly name: string;
  readonly keyring: Keyring;
  readonly member: (name: string) => SerfMember | undefined;
  readonly log: (message: string, fields: Readonly<Record<string, string | undefined>>) => void;
}

/** The answer to one of the pool's own queries; `undefined` when it is answered by silence (or the ack that was sent already). */
export async function answerInternal(query: Query, parts: InternalParts): Promise<Uint8Array | undefined> {
  const change = CHANGES.get(query.name);
  if (change !== undefined) {
    const key = keyOf(query.payload);
    const problem = key === undefined ? "The request holds no key" : await parts.keyring.change(change, key);
    parts.log(problem === undefined ? "Changed the gossip keyring" : "Cannot change the gossip keyring", { change, from: query.sourceNode, problem });
    return keyAnswer({ result: problem === undefined, message: problem ?? "" });
  }
  if (query.name === KEY_QUERIES.list) return keyList(parts);
  if (query.name === CONFLICT_QUERY) {
    const name = Buffer.from(query.payload ?? []).toString("utf8");
    return name === parts.name ? undefined : encodeSerf({ kind: "conflict", member: recordOf(parts.member(name)) });
  }
  return undefined;
}

function keyOf(payload: Uint8Array | undefined): Uint8Array | undefined {
  if (payload === undefined) return undefined;
  try {
    const message = decodeSerf(payload);
    return message.kind === "key-request" ? message.key : undefined;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return undefined;
  }
}

function keyAnswer(answer: { readonly result: boolean; readonly message: string } & Partial<KeyResponse>): Uint8Array {
  return encodeSerf({ keys: undefined, primaryKey: "", ...answer, kind: "key-response" });
}

/** As many keys as an answer holds, and a word about the rest. */
function keyList({ keyring, name }: InternalParts): Uint8Array {
  if (!keyring.encrypted) return keyAnswer({ result: false, message: "Keyring is empty (encryption not enabled)" });
  const all = keyring.list;
  const primaryKey = all[0] ?? "";
  for (let count = all.length; ; count--) {
    const message = count === all.length ? "" : `The list was cut to ${count} of ${all.length} keys`;
    const answer = keyAnswer({ result: true, message, keys: all.slice(0, count), primaryKey });
    if (count === 0 || answer.length + Buffer.byteLength(name) + ANSWER_OVERHEAD_BYTES <= ANSWER_BYTES_MAX) return answer;
  }
}

function recordOf(member: SerfMember | undefined): MemberRecord | undefined {
  if (member === undefined) return undefined;
  const [protocolMin = 0, protocolMax = 0, protocolCur = 0, delegateMin = 0, delegateMax = 0, delegateCur = 0] = member.versions ?? [];
  const { name, ip: addr, port, tags } = member;
  return { name, addr, port, tags, status: statusNumber(member.status), protocolMin, protocolMax, protocolCur, delegateMin, delegateMax, delegateCur };
}

/** What a key answer says; a broken one is a failure of whoever sent it. */
export function readKeyAnswer(payload: Uint8Array): KeyResponse {
  const failed = (message: string): KeyResponse => ({ kind: "key-response", result: false, message, keys: undefined, primaryKey: "" });
  try {
    const answer = decodeSerf(payload);
    return answer.kind === "key-response" ? answer : failed("The answer is no answer about keys");
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return failed(messageOf(error));
  }
}
