/** How many of `voters` are a majority. */
export function majority(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/**
 * The largest value that a majority of the first `count` values reaches. Raft paper §5.3: with match indexes, what is on a majority.
 * Reorders `values`: it is the caller's scratch paper. 0 when nobody votes.
 */
export function quorumValue(values: number[], count: number): number {
  for (let at = 1; at < count; at++) {
    const value = values[at] as number;
    let to = at;
    for (; to > 0 && (values[to - 1] as number) < value; to--) values[to] = values[to - 1] as number;
    values[to] = value;
  }
  return count === 0 ? 0 : (values[majority(count) - 1] as number);
}

/** How an election stands. `lost`: so many refused that a majority can no longer be had. */
export type Tally = "won" | "lost" | "open";

/** Counts of voters only; a voter that has not answered is in neither. */
export function tally(voters: number, granted: number, refused: number): Tally {
  if (granted >= majority(voters)) return "won";
  return refused > voters - majority(voters) ? "lost" : "open";
}
