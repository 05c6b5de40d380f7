/** Whole numbers from 0 to `below` - 1 out of a seed, so that a failure can be seen again: xorshift, 32 bits. */
export function numbers(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
