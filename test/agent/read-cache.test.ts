import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ReadCache } from "../../src/agent/index.ts";
import { CACHE_ENTRIES_MAX, CACHE_TTL_MS } from "../../src/agent/limits.ts";
import { KvorumError } from "../../src/base/errors.ts";
import type { Backend, MethodName, RequestOf } from "../../src/model/index.ts";
import { TestLog } from "../http/scripted-backend.ts";
import { HandClock } from "../support/hand-clock.ts";

const READ = { datacenter: "", token: "", consistency: "default", maxStaleMs: undefined, minIndex: 0, maxWaitMs: 0, filter: "" } as const;
const ANY: { readonly maxAgeMs: number | undefined; readonly staleIfErrorMs: number; readonly mustRevalidate: boolean } = {
  maxAgeMs: undefined,
  staleIfErrorMs: 0,
  mustRevalidate: false,
};
const ignore = (): void => undefined;
type Asked = { readonly method: MethodName; readonly request: { readonly options?: { readonly minIndex: number; readonly consistency: string } } };

/** A backend whose answers the test gives, one question at a time. */
class HandBackend {
  readonly asked: Asked[] = [];
  readonly #open: { resolve(value: unknown): void; reject(error: Error): void }[] = [];
  cancelled = 0;

  readonly call: Backend["call"] = (method, request, onCancel) => {
    this.asked.push({ method, request: request as Asked["request"] });
    // Each answer is given by a test that knows the question.
    return new Promise((resolve, reject) => {
      const question = { resolve, reject };
      this.#open.push(question);
      onCancel?.(() => {
        this.cancelled++;
        this.#open.splice(this.#open.indexOf(question), 1);
      });
    }) as never;
  };

  async answer(value: unknown): Promise<void> {
    this.#open.shift()?.resolve(value);
    await turn();
  }

  async fail(): Promise<void> {
    this.#open.shift()?.reject(new KvorumError("no-leader", "No cluster leader"));
    await turn();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function bench() {
  const clock = new HandClock();
  const backend = new HandBackend();
  const cache = new ReadCache({ backend, clock, random: { int: () => 0, bytes: (count) => new Uint8Array(count) }, logger: new TestLog().logger });
  const services = (options: Partial<RequestOf<"Catalog.Services">["options"]> = {}, wish = ANY) =>
    cache.get("Catalog.Services", { nodeMeta: {}, options: { ...READ, ...options } }, wish, ignore);
  const datacenters = (wish = ANY) => cache.get("Catalog.Datacenters", {}, wish, ignore);
  return { clock, backend, cache, services, datacenters };
}

const tagsAt = (index: number) => ({ value: { web: [String(index)] }, meta: { index, lastContactMs: 0, knownLeader: true } });

describe("ReadCache (Consul api-docs, agent caching)", () => {
  it("asks once for many, then follows with a blocking query that any server may answer", async () => {
    const { backend, clock, services } = bench();
    const both = [services(), services()];
    await backend.answer(tagsAt(5));

    assert.deepEqual(
      (await Promise.all(both)).map(({ hit, ageMs, answer }) => [hit, ageMs, answer.meta.index]),
      [
        [false, 0, 5],
        [false, 0, 5],
      ],
    );
    clock.turn(1);
    assert.deepEqual(
      backend.asked.map(({ request }) => [request.options?.minIndex, request.options?.consistency]),
      [
        [0, "stale"],
        [5, "stale"],
      ],
    );
    await backend.answer(tagsAt(9));
    const { hit, answer } = await services();
    assert.deepEqual([hit, answer.meta.index], [true, 9]);
  });

  it("holds a client that knows the answer already until there is another, or its wait is over", async () => {
    const { backend, clock, services } = bench();
    const first = services();
    await backend.answer(tagsAt(5));
    await first;
    clock.turn(1);

    const late = services({ minIndex: 5, maxWaitMs: 1_000 });
    clock.turn(1_001);
    assert.equal((await late).answer.meta.index, 5);
    const waiting = services({ minIndex: 5, maxWaitMs: 1_000 });
    await backend.answer(tagsAt(6));
    assert.deepEqual([(await waiting).answer.meta.index, (await waiting).hit], [6, false]);
  });

  it("keeps answering while nobody answers it, and says how old that is", async () => {
    const { backend, clock, services } = bench();
    const first = services();
    await backend.answer(tagsAt(5));
    await first;
    clock.turn(1);
    await backend.fail();
    clock.turn(101);

    const { hit, ageMs } = await services();
    assert.deepEqual([hit, ageMs], [true, 100]);
    clock.turn(60_000);
    await backend.answer(tagsAt(6));
    assert.equal((await services()).ageMs, 0);
  });

  it("fails as the backend does while there is nothing to answer with, and asks anew the next time", async () => {
    const { backend, services } = bench();
    const failing = assert.rejects(services(), { code: "no-leader" });
    await backend.fail();
    await failing;

    const again = services();
    await backend.answer(tagsAt(2));
    assert.equal((await again).answer.meta.index, 2);
  });

  it("measures by max-age and must-revalidate only what does not keep itself up to date", async () => {
    const { backend, clock, datacenters } = bench();
    const first = datacenters();
    await backend.answer(["dc1"]);
    assert.equal((await first).hit, false);
    clock.turn(2_500);

    assert.deepEqual(await datacenters(), { answer: ["dc1"], hit: true, ageMs: 2_500 });
    assert.equal((await datacenters({ ...ANY, maxAgeMs: 3_000 })).hit, true);
    const tooOld = datacenters({ ...ANY, maxAgeMs: 2_000 });
    await backend.answer(["dc1", "dc2"]);
    assert.deepEqual(await tooOld, { answer: ["dc1", "dc2"], hit: false, ageMs: 0 });
    const anew = assert.rejects(datacenters({ ...ANY, mustRevalidate: true }), { code: "no-leader" });
    await backend.fail();
    await anew;
    const rather = datacenters({ mustRevalidate: true, maxAgeMs: undefined, staleIfErrorMs: 10_000 });
    await backend.fail();
    assert.equal((await rather).hit, true);
  });

  it("gives up what nobody asked for in three days, and the oldest when there is too much", async () => {
    const { backend, cache, clock, services } = bench();
    const first = services();
    await backend.answer(tagsAt(5));
    await first;
    clock.turn(CACHE_TTL_MS + 20 * 60_000);
    assert.deepEqual([cache.size, backend.cancelled], [0, 1]);

    for (let at = 0; at < CACHE_ENTRIES_MAX + 3; at++) {
      const asking = services({ filter: `f${at}` });
      await backend.answer(tagsAt(5));
      await asking.catch(ignore);
    }
    assert.ok(cache.size <= CACHE_ENTRIES_MAX);
    cache[Symbol.dispose]();
    assert.equal(cache.size, 0);
  });
});
