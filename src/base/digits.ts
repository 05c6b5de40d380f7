/** As many digits as the largest number of 64 bits has. */
const DIGITS_64 = 20;
const BEYOND_64 = 10n ** BigInt(DIGITS_64);

/**
 * The number that decimal digits stand for; for one with more digits than anything of 64 bits, just some number beyond that. Reading a number takes the
 * longer the more digits it has already: a million of them keep the loop for half a second, and clients send what they like.
 */
export function numberOfDigits(digits: string): bigint {
  if (digits.length <= DIGITS_64) return BigInt(digits);
  const bare = digits.replace(/^0+/, "");
  return bare.length > DIGITS_64 ? BEYOND_64 : BigInt(bare === "" ? "0" : bare);
}
