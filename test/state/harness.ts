import assert from "node:assert/strict";
import { type ByteString, utf8ToByteString } from "../../src/base/byte-string.ts";
import type { CatalogNode, Check, KvWrite, ServiceInstance, Session } from "../../src/model/index.ts";
import { type Bodies, type CommandType, encodeCommand, type Results, type StateEvent, StateStore, WatchSet } from "../../src/state/index.ts";
import { sampleCheck as check, sampleService as service } from "../support/samples.ts";

export { check, service };

export const SESSION = "11111111-2222-3333-4444-555555555555";
export const OTHER = "66666666-7777-8888-9999-000000000000";

/** A store that takes commands as raft would give them, and keeps what it tells. */
export class Bench {
  readonly events: StateEvent[] = [];
  readonly store = new StateStore({ onEvents: (events) => this.events.push(...events), pause: async () => {} });
  index = 0;

  /** Applies one command at the next index and ends the turn. */
  run<T extends CommandType>(type: T, body: Bodies[T]): Results[T] {
    const result = this.apply(type, body);
    this.store.applied(this.index);
    return result;
  }

  /** The same within a turn that goes on. */
  apply<T extends CommandType>(type: T, body: Bodies[T]): Results[T] {
    this.index += 1;
    return this.store.apply(this.index, encodeCommand({ type, body })) as Results[T];
  }

  write(write: KvWrite): boolean {
    const outcome = this.run("kv.write", write);
    assert.equal(outcome.kind, "done");
    return outcome.kind === "done" && outcome.value;
  }

  set(name: string, value = "", flags = 0n): boolean {
    return this.write({ verb: "set", key: key(name), value: bytes(value), flags });
  }

  remove(name: string): boolean {
    return this.write({ verb: "delete", key: key(name) });
  }

  lock(name: string, session = SESSION): boolean {
    return this.write({ verb: "lock", key: key(name), value: bytes("held"), flags: 0n, session });
  }

  node(name = "n1", more: Partial<CatalogNode> = {}): void {
    done(this.run("catalog.register", { node: node(name, more), skipNodeUpdate: false, service: undefined, checks: [] }));
  }

  service(id: string, more: Partial<ServiceInstance> = {}): void {
    const instance = service(id, more);
    done(this.run("catalog.register", { node: node(instance.node), skipNodeUpdate: true, service: instance, checks: [] }));
  }

  check(checkId: string, more: Partial<Check> = {}): void {
    const given = check(checkId, more);
    done(this.run("catalog.register", { node: node(given.node), skipNodeUpdate: true, service: undefined, checks: [given] }));
  }

  session(more: Partial<Session> = {}): Results["session.create"] {
    return this.run("session.create", { session: session(more) });
  }

  /** Whether what `read` reads is changed by what `change` does, by the word of the watch. */
  wakes(read: (watch: WatchSet) => unknown, change: () => void): boolean {
    const watch = new WatchSet();
    read(watch);
    let woken = 0;
    using _armed = watch.wait(() => {
      woken += 1;
    });
    change();
    assert.ok(woken <= 1, "a waiter is woken once");
    return woken === 1;
  }
}

export function key(text: string): ByteString {
  return utf8ToByteString(text);
}
export function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}
export function done(outcome: { readonly kind: string }): void {
  assert.equal(outcome.kind, "done", JSON.stringify(outcome));
}

export function node(name: string, more: Partial<CatalogNode> = {}): Omit<CatalogNode, "createIndex" | "modifyIndex"> {
  return { id: "", node: name, address: "10.0.0.1", datacenter: "dc1", taggedAddresses: undefined, meta: undefined, ...more };
}
export function session(more: Partial<Session> = {}): Omit<Session, "createIndex" | "modifyIndex"> {
  return { id: SESSION, name: "", node: "n1", lockDelayNs: 15e9, behavior: "release", ttl: "", nodeChecks: [], serviceChecks: undefined, ...more };
}
