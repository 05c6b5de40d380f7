import { messageOf } from "../base/errors.ts";
import { type Clock, type Logger, pause, type Random } from "../platform/index.ts";
import { addressOf } from "./ip.ts";
import type { PushPulls } from "./join.ts";
import type { Remembered } from "./snapshot.ts";

interface Parts {
  readonly self: string;
  readonly pushPulls: PushPulls;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly againMs: number;
  readonly alone: () => boolean;
}

/**
 * Back to those who were alive when the last process ended, and then to those who had failed, one after the other until one answers; and again as long as we
 * are alone.
 */
export async function rejoin(remembered: Pick<Remembered, "alive" | "failed">, parts: Parts, signal: AbortSignal): Promise<void> {
  const { pushPulls, random, log, self } = parts;
  const [alive = [], failed = []] = [remembered.alive, remembered.failed].map((map) => [...map].filter(([name]) => name !== self));
  const members = alive.length + failed.length;
  const left: (readonly [name: string, address: string])[] = [];
  let hopeful = 0;
  while (members > 0 && !signal.aborted && parts.alone()) {
    if (left.length === 0) {
      left.push(...alive, ...failed);
      hopeful = alive.length;
    }
    const [name, address] = left.splice(random.int(hopeful > 0 ? hopeful-- : left.length), 1)[0] ?? ["", ""];
    try {
      const colon = address.lastIndexOf(":");
      const to = addressOf(address.slice(0, colon).replace(/^\[|\]$/g, ""), Number(address.slice(colon + 1)));
      await pushPulls.exchange(to, { join: true, ignoreOld: false });
      return log.info("Rejoined the pool", { by: name, address });
    } catch (error) {
      log.debug("A member remembered did not answer", { name, address, error: messageOf(error) });
    }
    if (left.length > 0) continue;
    log.warn("No member remembered answered, trying again", { members });
    await pause(parts.clock, parts.againMs, signal);
  }
}
