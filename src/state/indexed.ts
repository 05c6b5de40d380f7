/** A read's value, and the index that a blocking query compares with and answers as `X-Consul-Index` (never 0). */
export interface Indexed<T> {
  readonly index: number;
  readonly value: T;
}

/** Consul answers 1 where nothing has ever been written: with 0 a blocking query would not wait. */
export function indexed<T>(index: number, value: T): Indexed<T> {
  return { index: Math.max(1, index), value };
}
