import { messageOf } from "../../base/errors.ts";
import { formatAddress, parseAddress } from "../address.ts";
import { TELEMETRY_DATAGRAM_BYTES, TELEMETRY_RETRY_MS } from "../limits.ts";
import type { Clock, DatagramSocket, Logger, Network } from "../ports.ts";
import type { LineSender } from "./line-sender.ts";

/** Sends lines by UDP, as many in a datagram as have room: nobody is asked whether they arrive. `telemetry.statsd_address`, `telemetry.dogstatsd_addr`. */
export class StatsdSender implements LineSender {
  readonly #address: string;
  readonly #with: { readonly network: Network; readonly clock: Clock; readonly logger: Logger };
  #open: { readonly socket: DatagramSocket; readonly to: { readonly host: string; readonly port: number } } | undefined;
  #opening = false;
  #closed = false;
  #retry: Disposable | undefined;

  constructor(address: string, parts: { readonly network: Network; readonly clock: Clock; readonly logger: Logger }) {
    this.#address = address;
    this.#with = parts;
    void this.#begin();
  }

  get ready(): boolean {
    return this.#open !== undefined;
  }

  send(lines: readonly string[]): boolean {
    if (this.#open === undefined) return false;
    const { socket, to } = this.#open;
    for (const datagram of datagramsOf(lines)) socket.send(datagram, to);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#retry?.[Symbol.dispose]();
    await this.#open?.socket[Symbol.asyncDispose]();
  }

  /** A name is looked up once, when it is first known: the receiver of UDP does not move about. */
  async #begin(): Promise<void> {
    if (this.#opening || this.#closed) return;
    this.#opening = true;
    const { network, clock, logger } = this.#with;
    try {
      const { host, port } = parseAddress(this.#address);
      const [ip] = await network.resolve(host === "" ? "127.0.0.1" : host);
      if (ip === undefined) throw new Error("no address");
      const socket = await network.bindDatagrams(formatAddress(ip.includes(":") ? "::" : "0.0.0.0", 0), {
        onMessage: () => undefined,
        onSendFailed: () => undefined,
      });
      if (this.#closed) await socket[Symbol.asyncDispose]();
      else this.#open = { socket, to: { host: ip, port } };
    } catch (error) {
      logger.warn("Metrics are not sent: no way to their receiver", { address: this.#address, error: messageOf(error) });
      if (!this.#closed) this.#retry = clock.after(TELEMETRY_RETRY_MS, () => void this.#begin());
    } finally {
      this.#opening = false;
    }
  }
}

/** Lines in as few datagrams as take them; a line that is too long for any is left out. */
export function datagramsOf(lines: readonly string[]): readonly Buffer[] {
  const datagrams: Buffer[] = [];
  let text = "";
  let bytes = 0;
  for (const line of lines) {
    const size = Buffer.byteLength(line) + 1;
    if (size > TELEMETRY_DATAGRAM_BYTES) continue;
    if (bytes + size > TELEMETRY_DATAGRAM_BYTES) {
      datagrams.push(Buffer.from(text));
      text = "";
      bytes = 0;
    }
    text += `${line}\n`;
    bytes += size;
  }
  if (bytes > 0) datagrams.push(Buffer.from(text));
  return datagrams;
}
