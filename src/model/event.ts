/** What a list of events that ends in this id has for an index, a uint64: both halves of the id, one over the other. 1 for what is no UUID. Consul api-docs, event: list. */
export function eventIndex(id: string): bigint {
  const digits = id.replaceAll("-", "");
  if (!/^[0-9a-fA-F]{32}$/.test(digits)) return 1n;
  return BigInt(`0x${digits.slice(0, 16)}`) ^ BigInt(`0x${digits.slice(16)}`);
}
