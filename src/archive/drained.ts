import type { EventEmitter } from "node:events";

/** Waits until `stream` takes more, or `owner` has been closed. Leaves no listener behind. */
export function drained(stream: EventEmitter, owner: EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done);
      owner.off("close", done);
      resolve();
    };
    stream.on("drain", done);
    owner.on("close", done);
  });
}
