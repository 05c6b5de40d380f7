import type { NodeId } from "../../base/ids.ts";
import { countVoters, isVoter } from "./membership.ts";
import { type Tally, tally } from "./quorum.ts";
import type { Configuration } from "./types.ts";

/** The answers to one round of an election. Raft paper §5.2. */
export class Votes {
  readonly #granted = new Set<NodeId>();
  readonly #refused = new Set<NodeId>();
  /** The write that makes the vote for oneself durable; it counts once that is done. */
  readonly ownSequence: number | undefined;

  constructor(ownSequence: number | undefined) {
    this.ownSequence = ownSequence;
  }

  record(from: NodeId, granted: boolean): void {
    (granted ? this.#granted : this.#refused).add(from);
  }

  /** Votes of those who do not vote in this configuration are not counted. */
  tally(configuration: Configuration): Tally {
    return tally(countVoters(configuration), count(this.#granted, configuration), count(this.#refused, configuration));
  }
}

function count(ids: ReadonlySet<NodeId>, configuration: Configuration): number {
  let votes = 0;
  for (const id of ids) if (isVoter(configuration, id)) votes++;
  return votes;
}
