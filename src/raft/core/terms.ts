import { unreachable } from "../../base/assert.ts";
import type { NodeId } from "../../base/ids.ts";
import { ignoresElection } from "./election.ts";
import type { RaftMessage } from "./messages.ts";
import type { CoreState } from "./state.ts";

/** Whether a message with a higher term is looked at at all: removed servers, and strangers, cannot disturb the others. Thesis §4.2.3. */
export function mayRaiseTerm(state: CoreState, from: NodeId, message: RaftMessage): boolean {
  switch (message.kind) {
    case "vote-request":
      return !ignoresElection(state, message);
    case "append":
    case "heartbeat":
    case "commit":
    case "snapshot":
      return true; // A leader of a later term, perhaps of a configuration that has not arrived here.
    case "timeout-now":
      return false;
    case "vote-response":
    case "append-ok":
    case "append-reject":
    case "heartbeat-ok":
    case "snapshot-ack":
      return state.configs.find(from) !== undefined;
    default:
      return unreachable(message);
  }
}

/** A pre-vote asks about a term, and a granted one answers about it; neither is the sender's. */
export function raisesTerm(message: RaftMessage): boolean {
  if (message.kind === "vote-request") return !message.pre;
  return !(message.kind === "vote-response" && message.pre && message.granted);
}
