/** A read's value, and the index that a blocking query compares with and answers as `X-Consul-Index` (never 0). */
export interface Indexed<T> {
  readonly index: number;
  readonly value: T;
  /**
   * What is answered instead, where Consul answers the index of whole tables: never below `index`, which moves with what was read alone, so that a
   * client that comes back with it waits for news of that and of nothing else.
   */
  readonly shown?: number;
}

/** Consul answers 1 where nothing has ever been written: with 0 a blocking query would not wait. */
export function indexed<T>(index: number, value: T): Indexed<T> {
  return { index: Math.max(1, index), value };
}

/** The same with the index of whole tables to be shown. */
export function indexedWithin<T>(index: number, shown: number, value: T): Indexed<T> {
  return { index: Math.max(1, index), value, shown: Math.max(1, index, shown) };
}
