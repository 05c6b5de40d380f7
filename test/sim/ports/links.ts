import type { SimRandom } from "../engine/random.ts";
import type { Weather } from "../weather.ts";

/** TCP sends again after so long, doubling (RFC 6298's minimum as Linux has it). */
const RETRANSMIT_MS = 200;

/** Who can reach whom, and how long it takes. Hosts are known by their IP address. */
export class Links {
  readonly #random: SimRandom;
  readonly #cuts = new Map<string, number>();
  readonly #dark = new Set<string>();
  readonly #onMended: (() => void)[] = [];
  weather: Weather;

  constructor(random: SimRandom, weather: Weather) {
    this.#random = random;
    this.weather = weather;
  }

  /** Nothing from `from` arrives at `to` until the result is disposed. */
  cut(from: string, to: string): Disposable {
    const key = `${from}>${to}`;
    let open = true;
    this.#cuts.set(key, (this.#cuts.get(key) ?? 0) + 1);
    return {
      [Symbol.dispose]: () => {
        if (!open) return;
        open = false;
        this.#cuts.set(key, (this.#cuts.get(key) ?? 1) - 1);
        for (const mended of this.#onMended) mended();
      },
    };
  }

  blocked(from: string, to: string): boolean {
    return (this.#cuts.get(`${from}>${to}`) ?? 0) > 0 || this.#dark.has(from) || this.#dark.has(to);
  }

  /** The machine has no power: it says nothing, not even that it is not there. */
  powerOff(host: string): void {
    this.#dark.add(host);
  }

  powerOn(host: string): void {
    if (!this.#dark.delete(host)) return;
    for (const mended of this.#onMended) mended();
  }

  whenMended(run: () => void): void {
    this.#onMended.push(run);
  }

  /** One message's way when it is not lost. */
  latencyMs(): number {
    return this.#random.between(...this.weather.latencyMs);
  }

  lost(): boolean {
    return this.weather.lossRate > 0 && this.#random.chance(this.weather.lossRate);
  }

  doubled(): boolean {
    return this.weather.duplicateRate > 0 && this.#random.chance(this.weather.duplicateRate);
  }

  overtaken(): boolean {
    return this.weather.reorderRate > 0 && this.#random.chance(this.weather.reorderRate);
  }

  /** A segment's way on a stream: loss is delay there. */
  streamLatencyMs(): number {
    let ms = this.latencyMs();
    for (let wait = RETRANSMIT_MS; this.lost(); wait *= 2) ms += wait;
    return ms;
  }
}
