import type { Effect, Persist } from "../../../src/raft/core/effects.ts";
import type { RaftMessage } from "../../../src/raft/core/messages.ts";
import type { Configuration, Entry, SnapshotMeta } from "../../../src/raft/core/types.ts";

/** One line of a transcript: what a server does. */
export function describeEffect(name: string, effect: Effect): string {
  switch (effect.kind) {
    case "persist":
      return `${name} writes ${describeWrite(effect)}`;
    case "send":
      return `${name} -> ${effect.to}: ${describeMessage(effect.message)}${effect.when === "persisted" ? " (once written)" : ""}`;
    case "apply":
      return `${name} applies up to ${effect.upTo}`;
    case "role":
      return `${name} is ${effect.role} in term ${effect.term}${effect.leader === undefined ? "" : `, leader ${effect.leader}`}`;
    case "configuration":
      return `${name} puts in force ${describeConfiguration(effect.configuration)} (entry ${effect.index})`;
    case "accepted":
      return `${name} accepts: entries ${effect.first} to ${effect.last} of term ${effect.term}`;
    case "refused":
      return `${name} refuses (${effect.code}): ${effect.reason}`;
    case "read-ready":
      return `${name} answers read ${effect.batch}: at ${effect.index}`;
    case "transfer-failed":
      return `${name} gives up the hand-over to ${effect.to}: ${effect.reason}`;
    case "compact":
      return `${name} cuts its log up to ${effect.upTo}`;
    case "send-chunk":
      return `${name} reads snapshot ${effect.meta.index} from byte ${effect.offset} for ${effect.to}, ${effect.length} of ${effect.sizeBytes}`;
    case "receive-chunk":
      return `${name} stores snapshot ${effect.meta.index} from byte ${effect.offset}, ${effect.data.length} of ${effect.sizeBytes}${effect.last ? ", and restores it" : ""}`;
  }
}

function describeWrite({ hardState, truncateFrom, entries }: Persist): string {
  const parts: string[] = [];
  if (hardState !== undefined) parts.push(`term ${hardState.term}, vote ${hardState.votedFor ?? "none"}`);
  if (truncateFrom !== undefined) parts.push(`cut from ${truncateFrom}`);
  if (entries.length > 0) parts.push(entries.map(describeEntry).join(" "));
  return parts.join("; ");
}

export function describeEntry(entry: Entry): string {
  const at = `${entry.index}/${entry.term}`;
  switch (entry.kind) {
    case "command":
      return `${at}:${Buffer.from(entry.data).toString()}`;
    case "noop":
      return `${at}:noop`;
    case "config":
      return `${at}:[${describeConfiguration(entry.configuration)}]`;
  }
}

export function describeConfiguration({ servers }: Configuration): string {
  return servers.map((server) => (server.suffrage === "voter" ? server.id : `${server.id}(learner)`)).join(" ") || "nobody";
}

function describeMeta({ index, term }: SnapshotMeta): string {
  return `${index}/${term}`;
}

export function describeMessage(message: RaftMessage): string {
  const head = `${message.kind}, term ${message.term}`;
  switch (message.kind) {
    case "vote-request":
      return `${head}${message.pre ? ", only asking" : ""}${message.force ? ", by the leader's wish" : ""}, log ends at ${message.lastIndex}/${message.lastTerm}`;
    case "vote-response":
      return `${head}${message.pre ? ", only asking" : ""}, ${message.granted ? "yes" : "no"}`;
    case "append":
      return `${head}, after ${message.prevIndex}/${message.prevTerm}: ${message.entries.map(describeEntry).join(" ") || "nothing"}, commit ${message.commit}`;
    case "append-ok":
      return `${head}, match ${message.match}`;
    case "append-reject":
      return `${head}, not after ${message.prevIndex}, conflict at ${message.conflictIndex}/${message.conflictTerm}`;
    case "heartbeat":
      return `${head}, commit ${message.commit}, sent ${message.sent}${message.read > 0 ? `, read ${message.read}` : ""}`;
    case "heartbeat-ok":
      return `${head}, sent ${message.sent}${message.read > 0 ? `, read ${message.read}` : ""}`;
    case "commit":
      return `${head}, up to ${message.commit}`;
    case "snapshot":
      return `${head}, ${describeMeta(message.meta)} from byte ${message.offset}, ${message.data.length} of ${message.sizeBytes}`;
    case "snapshot-ack":
      return `${head}, ${message.index}: ${message.offset} bytes${message.failed ? ", failed" : ""}`;
    case "timeout-now":
      return head;
  }
}
