import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Gauge } from "../platform/index.ts";
import { plainAddress } from "./gate.ts";

/** Bounds the connections of each client address: one too many is closed without a word, as Consul does it. */
export class ConnectionLimit {
  #max: number;
  readonly #byAddress = new Map<string, number>();
  readonly #gauge: Gauge;
  #open = 0;

  /** @param max 0: no limit */
  constructor(max: number, gauge: Gauge) {
    this.#max = max;
    this.#gauge = gauge;
  }

  /** Another limit from now on; connections that are open stay. */
  change(max: number): void {
    this.#max = max;
  }

  watch(server: Pick<Server, "on">): void {
    server.on("connection", (socket: Socket) => this.#opened(socket));
  }

  #opened(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? "");
    const count = (this.#byAddress.get(address) ?? 0) + 1;
    if (this.#max > 0 && address !== "" && count > this.#max) {
      socket.destroy();
      return;
    }
    this.#byAddress.set(address, count);
    this.#gauge.set(++this.#open);
    socket.once("close", () => this.#closed(address));
  }

  #closed(address: string): void {
    const count = (this.#byAddress.get(address) ?? 1) - 1;
    if (count === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, count);
    this.#gauge.set(--this.#open);
  }
}
