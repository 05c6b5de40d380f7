import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Scope } from "../../src/base/scope.ts";
import { StartEnded, Stopping } from "../../src/node/stopping.ts";
import type { Logger, StopSignal } from "../../src/platform/index.ts";

const SILENT: Logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, named: () => SILENT };

/** A `Stopping` that listens, and what signals it is sent do to it. */
function listening(leaves: boolean) {
  const scope = new Scope();
  const stopping = new Stopping(scope, SILENT);
  const listeners = new Set<(signal: StopSignal) => void>();
  const onSignal = (listener: (signal: StopSignal) => void): Disposable => {
    listeners.add(listener);
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  };
  stopping.listen({ onSignal }, { leaveOnTerminate: leaves, skipLeaveOnInterrupt: !leaves });
  const done: string[] = [];
  const send = (signal: StopSignal): void => {
    if (listeners.size === 0) done.push(`${signal} has the system's own effect`);
    for (const listener of listeners) listener(signal);
  };
  const serve = (depart: () => Promise<void>): void =>
    stopping.serves({
      depart: () => {
        done.push("leaves");
        return depart();
      },
      reload: async () => void done.push("reloads"),
    });
  return { scope, stopping, send, serve, done };
}

describe("signals to an agent (Consul docs, agent: stopping)", () => {
  for (const [signal, reason] of [
    ["SIGINT", "interrupt"],
    ["SIGTERM", "terminate"],
  ] as const) {
    it(`end its start on ${signal}, and undo what had been begun`, async () => {
      const { scope, stopping, send, done } = listening(true);
      stopping.checkpoint();
      send("SIGHUP");
      stopping.checkpoint();
      send(signal);
      assert.throws(() => stopping.checkpoint(), StartEnded);
      assert.equal(await stopping.stopped, reason);
      assert(scope.closed);
      assert.equal(((await stopping.failed(new Error("a closed part"))) as StartEnded).reason, reason);
      send(signal);
      assert.deepEqual(done, [`${signal} has the system's own effect`]);
    });

    it(`stop it on ${signal} once it serves, leaving first where the configuration says so`, async () => {
      for (const leaves of [true, false]) {
        const { stopping, send, serve, done } = listening(leaves);
        serve(() => Promise.resolve());
        send("SIGHUP");
        send(signal);
        assert.equal(await stopping.stopped, reason);
        assert.deepEqual(done, leaves ? ["reloads", "leaves"] : ["reloads"]);
      }
    });
  }

  it("stop it at once when a second one comes while it leaves, and mean nothing more then", async () => {
    const { stopping, send, serve, done } = listening(true);
    serve(() => new Promise(() => undefined));
    send("SIGTERM");
    send("SIGINT");
    assert.equal(await stopping.stopped, "hurried");
    send("SIGINT");
    assert.deepEqual(done, ["leaves", "SIGINT has the system's own effect"]);
  });

  it("are heard no more after a start that failed by itself", async () => {
    const { stopping, send, done } = listening(true);
    const fault = new Error("port taken");
    assert.equal(await stopping.failed(fault), fault);
    await stopping.stopped;
    send("SIGTERM");
    assert.deepEqual(done, ["SIGTERM has the system's own effect"]);
  });
});
