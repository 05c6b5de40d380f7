import { messageOf } from "../../base/errors.ts";
import { TELEMETRY_BACKLOG_BYTES, TELEMETRY_CONNECT_MS, TELEMETRY_RETRY_MS } from "../limits.ts";
import type { Clock, Connection, Logger, Network } from "../ports.ts";
import type { LineSender } from "./line-sender.ts";

/** Sends lines by TCP and connects anew when the connection breaks. Lines are dropped while there is none, or its end does not read. `telemetry.statsite_address`. */
export class StatsiteSender implements LineSender {
  readonly #address: string;
  readonly #with: { readonly network: Network; readonly clock: Clock; readonly logger: Logger };
  #connection: Connection | undefined;
  #closed = false;
  #told = false;
  #retry: Disposable | undefined;

  constructor(address: string, parts: { readonly network: Network; readonly clock: Clock; readonly logger: Logger }) {
    this.#address = address;
    this.#with = parts;
    void this.#connect();
  }

  get ready(): boolean {
    return this.#connection !== undefined;
  }

  send(lines: readonly string[]): boolean {
    const connection = this.#connection;
    if (connection === undefined || connection.buffered > TELEMETRY_BACKLOG_BYTES) return false;
    connection.write(Buffer.from(lines.map((line) => `${line}\n`).join("")));
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#retry?.[Symbol.dispose]();
    this.#connection?.end();
  }

  async #connect(): Promise<void> {
    const { network } = this.#with;
    try {
      const connection = await network.connect(this.#address, () => ({ onData: () => undefined, onClose: (error) => this.#lost(error) }), TELEMETRY_CONNECT_MS);
      this.#told = false;
      if (this.#closed) connection.end();
      else this.#connection = connection;
    } catch (error) {
      this.#lost(error);
    }
  }

  #lost(error: unknown): void {
    const { clock, logger } = this.#with;
    this.#connection = undefined;
    if (this.#closed) return;
    // Once an outage: it may last.
    if (!this.#told)
      logger.warn("Metrics are not sent: no way to their receiver", {
        address: this.#address,
        error: error === undefined ? "connection closed" : messageOf(error),
      });
    this.#told = true;
    this.#retry?.[Symbol.dispose]();
    this.#retry = clock.after(TELEMETRY_RETRY_MS, () => void this.#connect());
  }
}
