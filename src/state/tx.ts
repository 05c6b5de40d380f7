import type { StateEvent } from "./events.ts";
import type { TableName, Tables } from "./tables/tables.ts";
import type { WatchHub } from "./watch.ts";

/**
 * One command at work: the only way in which tables change. It gathers what is to be told (changes to watchers, events to the server),
 * which is told when the command has been committed, and never when it was rolled back.
 */
export class WriteTx {
  readonly index: number;
  readonly tables: Tables;
  readonly events: StateEvent[] = [];
  readonly #keys: string[] = [];
  readonly #prefixes: string[] = [];
  readonly #topics = new Set<string>();

  constructor(tables: Tables, index: number) {
    this.tables = tables;
    this.index = index;
  }

  /** The table changed at this index. */
  bump(table: TableName): void {
    this.tables.indexes.set(table, this.index);
  }

  changedKey(key: string): void {
    this.#keys.push(key);
  }

  changedUnder(prefix: string): void {
    this.#prefixes.push(prefix);
  }

  changedTopic(topic: string): void {
    this.#topics.add(topic);
  }

  tell(event: StateEvent): void {
    this.events.push(event);
  }

  commit(hub: WatchHub): void {
    for (const key of this.#keys) hub.changedKey(key);
    for (const prefix of this.#prefixes) hub.changedUnder(prefix);
    for (const topic of this.#topics) hub.changedTopic(topic);
  }
}
