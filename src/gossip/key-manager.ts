import type { Engine } from "./engine.ts";
import { KEY_QUERIES, readKeyAnswer } from "./internal-queries.ts";
import { checkKey } from "./keyring.ts";
import type { QueryBook } from "./queries.ts";
import type { KeyOptions, KeyResult, Keys } from "./types.ts";
import { encodeSerf } from "./wire/serf.ts";

/** Keys of the whole pool by way of Serf's key queries. */
export class KeyManager implements Keys {
  readonly #engine: Engine;
  readonly #book: QueryBook;

  constructor(engine: Engine, book: QueryBook) {
    this.#engine = engine;
    this.#book = book;
  }

  list(options?: KeyOptions): Promise<KeyResult> {
    return this.#ask(KEY_QUERIES.list, undefined, options);
  }

  async install(key: Uint8Array, options?: KeyOptions): Promise<KeyResult> {
    checkKey(key);
    return this.#ask(KEY_QUERIES.install, key, options);
  }

  async use(key: Uint8Array, options?: KeyOptions): Promise<KeyResult> {
    checkKey(key);
    return this.#ask(KEY_QUERIES.use, key, options);
  }

  async remove(key: Uint8Array, options?: KeyOptions): Promise<KeyResult> {
    checkKey(key);
    return this.#ask(KEY_QUERIES.remove, key, options);
  }

  /** One answer is expected of everybody alive; whoever is silent until the end is missing in `answers`. */
  async #ask(name: string, key: Uint8Array | undefined, options: KeyOptions = {}): Promise<KeyResult> {
    const nodes = this.#engine.gossip.aliveCount;
    const payload = encodeSerf({ kind: "key-request", key: key ?? new Uint8Array() });
    const counted = { answers: 0, errors: 0 };
    const [messages, keys, primaryKeys] = [new Map<string, string>(), new Map<string, number>(), new Map<string, number>()];
    using run = this.#book.ask({ name, payload, relayFactor: options.relayFactor ?? 0 });
    for await (const { from, ack, payload: answered } of run) {
      if (ack) continue;
      const answer = readKeyAnswer(answered);
      counted.answers++;
      if (!answer.result) counted.errors++;
      if (!answer.result || answer.message !== "") messages.set(from, answer.message);
      for (const each of answer.keys ?? []) keys.set(each, (keys.get(each) ?? 0) + 1);
      if (answer.result && answer.primaryKey !== "") primaryKeys.set(answer.primaryKey, (primaryKeys.get(answer.primaryKey) ?? 0) + 1);
      if (counted.answers >= nodes) break;
    }
    return { nodes, ...counted, messages, keys, primaryKeys };
  }
}
