import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Keeping } from "../../src/agent/keeping.ts";
import type { Files } from "../../src/platform/index.ts";
import { TestLog } from "../http/scripted-backend.ts";
import { service } from "./support.ts";

/** A disk that does nothing before it is let: what was done to it, in order. */
class WaitingDisk {
  readonly done: string[] = [];
  readonly content = new Map<string, string>();
  #waiting: (() => void)[] = [];

  readonly files = {
    makeFolder: () => Promise.resolve(),
    replace: (path: string, content: Uint8Array) => this.#turn("write", () => this.content.set(path, Buffer.from(content).toString())),
    remove: (path: string) => this.#turn("remove", () => this.content.delete(path)),
  } as unknown as Files;

  /** Lets everything through that waits, and what comes of it. */
  async letAll(): Promise<void> {
    for (let idle = 0; idle < 3; idle++) {
      await new Promise((resolve) => setImmediate(resolve));
      const waiting = this.#waiting;
      this.#waiting = [];
      if (waiting.length > 0) idle = 0;
      for (const go of waiting) go();
    }
  }

  #turn(what: string, run: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(() => {
        run();
        this.done.push(what);
        resolve();
      });
    });
  }
}

const kept = (tag: string) => ({ definition: service("web", { tags: [tag] }), checks: [], sidecar: false, at: 0, checksAt: [] });

describe("Keeping", () => {
  it("writes the last of several saves, in one write behind the one under way", async () => {
    const disk = new WaitingDisk();
    const keeping = new Keeping({ folder: "d", files: disk.files, logger: new TestLog().logger });
    const saved = Promise.all([keeping.saveService("web", kept("one"))]);
    await new Promise((resolve) => setImmediate(resolve));
    const later = Promise.all(["two", "three", "four"].map((tag) => keeping.saveService("web", kept(tag))));
    await disk.letAll();
    await Promise.all([saved, later]);
    assert.deepEqual(disk.done, ["write", "write"]);
    assert.match([...disk.content.values()].join(), /"four"/);
  });

  it("keeps what is saved after it was forgotten, however slow the disk is", async () => {
    const disk = new WaitingDisk();
    const keeping = new Keeping({ folder: "d", files: disk.files, logger: new TestLog().logger });
    const all = [keeping.saveService("web", kept("one"))];
    await new Promise((resolve) => setImmediate(resolve));
    all.push(keeping.saveService("web", kept("two")), keeping.forgetService("web"), keeping.saveService("web", kept("three")));
    await disk.letAll();
    await Promise.all(all);
    assert.match([...disk.content.values()].join(), /"three"/);
    await keeping[Symbol.asyncDispose]();
  });
});
