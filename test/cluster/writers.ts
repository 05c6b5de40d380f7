import assert from "node:assert/strict";
import type { Api } from "../support/api.ts";
import type { Cluster } from "../support/cluster.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { sleep, until } from "../support/until.ts";

interface Client {
  readonly counterKey: string;
  /** The last value whose write was acknowledged, and the last that was sent at all: the truth is between them. */
  acked: number;
  sent: number;
}

/**
 * Clients that write without pause while a cluster is tormented, and remember what was acknowledged: each writes keys that are never
 * written again, and a counter of its own. Each goes to any server that runs, and to another when it gets no answer.
 */
export class Writers implements AsyncDisposable {
  readonly acked = new Map<string, string>();
  /** Writes whose outcome nobody knows. */
  readonly unsure = new Map<string, string>();
  readonly #clients: readonly Client[];
  readonly #cluster: Cluster;
  #running = true;
  readonly #done: Promise<void>;

  constructor(cluster: Cluster, count: number) {
    this.#cluster = cluster;
    this.#clients = Array.from({ length: count }, (_, at) => ({ counterKey: `counter/${at}`, acked: 0, sent: 0 }));
    this.#done = Promise.all(this.#clients.map((client, at) => this.#write(client, at))).then(() => undefined);
  }

  async #write(client: Client, at: number): Promise<void> {
    for (let n = 1; this.#running; n++) {
      const server = this.#cluster.servers[(at + n) % this.#cluster.servers.length];
      if (server === undefined || !server.running) {
        await sleep(5);
        continue;
      }
      const key = `once/${at}/${n}`;
      const value = `${at}.${n} ${"x".repeat(n % 300)}`;
      client.sent = n;
      this.unsure.set(key, value);
      if (await wrote(server.api, key, value)) {
        this.unsure.delete(key);
        this.acked.set(key, value);
        if (await wrote(server.api, client.counterKey, String(n))) client.acked = n;
      } else await sleep(10);
    }
  }

  /** Resolves when `count` more writes have been acknowledged from now on. */
  async progress(count: number, timeoutMs = 90_000): Promise<void> {
    const goal = this.acked.size + count;
    await until(`${count} more writes`, () => this.acked.size >= goal, timeoutMs, 20);
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * What must be true afterwards: every acknowledged write is there, nothing is there that nobody wrote, no counter went back, and
   * every running server says the same.
   */
  async check(): Promise<void> {
    const leader = await this.#cluster.leader();
    const truth = await content(leader, "consistent");
    const lost = [...this.acked].filter(([key, value]) => truth.get(key) !== value).map(([key]) => key);
    assert.deepEqual(lost, [], "acknowledged writes that are lost");
    const invented = [...truth].filter(([key, value]) => key.startsWith("once/") && this.acked.get(key) !== value && this.unsure.get(key) !== value);
    assert.deepEqual(invented, [], "keys that nobody wrote like this");
    for (const { counterKey, acked, sent } of this.#clients) {
      const found = Number(truth.get(counterKey) ?? 0);
      assert(found >= acked && found <= sent, `${counterKey} is ${found}, last acknowledged ${acked}, last sent ${sent}`);
    }
    for (const server of this.#cluster.running) {
      let strange: readonly string[] = [];
      const same = async (): Promise<boolean> => {
        strange = difference(await content(leader, "consistent"), await content(server, "stale"));
        return strange.length === 0;
      };
      await until(`${server.name} has caught up`, same, 60_000, 100).catch(() => undefined); // what is strange is told just below
      assert.deepEqual(strange, [], `${server.name} serves another truth`);
    }
  }
}

/** Every key with its value, as one server tells it. */
export async function content(server: ServerProcess, mode: "stale" | "consistent"): Promise<ReadonlyMap<string, string>> {
  const answer = await server.api.askLeader("GET", `/v1/kv/?recurse&${mode}`, { timeoutMs: 60_000 });
  assert.equal(answer.status, 200, answer.body.toString());
  const entries = JSON.parse(answer.body.toString()) as readonly { readonly Key: string; readonly Value: string | null }[];
  return new Map(entries.map(({ Key, Value }) => [Key, Buffer.from(Value ?? "", "base64").toString()]));
}

function difference(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...one.keys(), ...other.keys()])].filter((key) => one.get(key) !== other.get(key));
}

async function wrote(api: Api, key: string, value: string): Promise<boolean> {
  try {
    const answer = await api.ask("PUT", `/v1/kv/${key}`, { body: value, timeoutMs: 15_000 });
    return answer.status === 200 && answer.body.toString().trim() === "true";
  } catch {
    return false; // no answer: the write may or may not have happened
  }
}
