import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { KvorumError } from "../../src/base/errors.ts";
import type { Backend, RequestOf } from "../../src/model/index.ts";
import { Bench, done } from "../state/harness.ts";
import { until } from "../support/until.ts";
import { NODE, startAgent, type World } from "./support.ts";
import { TurnedClock } from "./turned-clock.ts";

const folders: string[] = [];
after(() => Promise.all(folders.map((each) => rm(each, { recursive: true }))));

/** The real state behind an agent that dies, comes back, and is cut off. */
export class Place {
  readonly clock = new TurnedClock();
  readonly #bench = new Bench();
  readonly #folder: string;
  cut = false;
  /** What is written is done, and nobody answers. */
  mute = false;
  #agent: World["agent"] | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  static async make(): Promise<Place> {
    const folder = await mkdtemp(join(tmpdir(), "kvorum-removals-"));
    folders.push(folder);
    return new Place(folder);
  }

  get agent(): World["agent"] {
    assert(this.#agent !== undefined);
    return this.#agent;
  }

  async start(services: readonly { readonly [key: string]: string }[] = []): Promise<void> {
    const definitions = { services, checks: [] };
    this.#agent = (await startAgent({ clock: this.clock, folder: this.#folder, backend: this.#backend, definitions })).agent;
  }

  async stop(): Promise<void> {
    await this.agent[Symbol.asyncDispose]();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.clock.pass(1_000);
    await this.start();
  }

  /** Somebody takes it out of the catalog, a second after whatever was before. */
  async remove(what: { readonly serviceId?: string; readonly checkId?: string }): Promise<void> {
    await this.clock.pass(1_000);
    done(this.#bench.run("catalog.remove", { node: "N1", serviceId: "", checkId: "", ...what, at: this.clock.wall() }));
    await this.clock.pass(1_000);
  }

  removeNode(): void {
    done(this.#bench.run("catalog.deregister", { node: "n1", serviceId: "", checkId: "" }));
  }

  async fullSync(): Promise<void> {
    await this.clock.pass(120_000);
  }

  /** Files take their own time. */
  async comesTo(expected: string): Promise<void> {
    await until(
      expected,
      async () => {
        await this.clock.pass(0);
        return assert.equal(await this.#everywhere(), expected) === undefined;
      },
      5_000,
      5,
    );
  }

  /** What is here, in the catalog and on the disk. */
  async #everywhere(): Promise<string> {
    const { store } = this.#bench;
    const there = [...(store.catalog.nodeServices("n1").value?.services ?? []).map(({ id }) => id), ...store.health.node("n1").value.map((one) => one.checkId)];
    const here = [...this.agent.services().map(({ id }) => id), ...this.agent.checks().map(({ checkId }) => checkId)];
    const files = await Promise.all(["services", "checks"].map((name) => readdir(join(this.#folder, name)).catch(() => [])));
    return `here ${here.sort().join(",") || "-"}; there ${there.sort().join(",") || "-"}; files ${files.flat().filter((name) => name.length === 64).length}`;
  }

  readonly #backend: Pick<Backend, "call"> = {
    call: (async (method: string, request: never) => {
      await Promise.resolve();
      if (this.cut) throw new KvorumError("unavailable", "cut off");
      const answer = this.#answer(method, request);
      if (this.mute && method === "Catalog.Register") throw new KvorumError("leadership-lost", "EOF");
      return answer;
    }) as Backend["call"],
  };

  #answer(method: string, request: never): unknown {
    const { store } = this.#bench;
    if (method === "Catalog.NodeServices") return { value: store.catalog.nodeServices(NODE.node).value };
    if (method === "Health.Node") return { value: store.health.node(NODE.node).value };
    if (method === "Catalog.Register") return this.#register(request);
    const { byOwner, serviceId, checkId } = request as RequestOf<"Catalog.Deregister">;
    assert(method === "Catalog.Deregister" && byOwner === true, "an agent says that it is the owner");
    return done(this.#bench.run("catalog.deregister", { node: NODE.node, serviceId, checkId }));
  }

  #register({ registration, heeds }: RequestOf<"Catalog.Register">): unknown {
    if (heeds === undefined) return done(this.#bench.run("catalog.register", registration));
    const outcome = this.#bench.run("catalog.sync", { registration, heeds });
    done(outcome);
    return outcome.kind === "done" ? outcome.value : undefined;
  }
}
