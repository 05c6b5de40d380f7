import { Session } from "node:inspector/promises";
import { getHeapSpaceStatistics, getHeapStatistics } from "node:v8";
import { KvorumError } from "../base/errors.ts";
import { type JsonObject, writeJson } from "../base/json.ts";
import type { Profiler } from "./outside-ports.ts";

/** This process, seen by V8's own tools. Between two profiles they cost nothing. */
export class RealProfiler implements Profiler {
  #busy = false;

  async processor(ms: number, onCancel: (cancel: () => void) => void): Promise<string> {
    if (this.#busy) throw new KvorumError("internal", "Could not enable CPU profiling: cpu profiling already in use");
    this.#busy = true;
    const session = new Session();
    try {
      session.connect();
      await session.post("Profiler.enable");
      await session.post("Profiler.start");
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        onCancel(() => {
          clearTimeout(timer);
          resolve();
        });
      });
      const { profile } = await session.post("Profiler.stop");
      return JSON.stringify(profile);
    } finally {
      session.disconnect();
      this.#busy = false;
    }
  }

  memory(): string {
    const spaces = getHeapSpaceStatistics().map(({ space_name: name, space_size: size, space_used_size: used, physical_space_size: physical }) => ({
      Name: name,
      SizeBytes: size,
      UsedBytes: used,
      PhysicalBytes: physical,
    }));
    return writeJson({ Process: { ...process.memoryUsage() }, Heap: { ...getHeapStatistics() }, Spaces: spaces });
  }

  waits(): string {
    const counts: Record<string, number> = {};
    for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
    return writeJson(counts satisfies JsonObject);
  }
}
