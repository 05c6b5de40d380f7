import { messageOf } from "../base/errors.ts";
import { type DatagramSocket, formatAddress, type Listener, parseAddress } from "../platform/index.ts";
import type { Address, DatagramMessage, StreamMessage } from "./core/index.ts";
import { addressOf, addressText, ipBytes, ipText } from "./ip.ts";
import { COMPRESS_FROM_BYTES, PORT_TRIES } from "./limits.ts";
import { StreamServer, streamRequest, type TransportParts } from "./streams.ts";
import { decodeDatagram, encodeDatagram } from "./wire/envelope.ts";

export interface TransportHandlers {
  onDatagram(from: Address, messages: readonly DatagramMessage[]): void;
  onSendFailed(to: Address): void;
  /** The one message of a stream from outside; what is given back is answered. `after` runs once the answer is on its way. */
  onStream(message: StreamMessage): { readonly answer: StreamMessage | undefined; readonly after?: () => void };
}

/** UDP and TCP on one port, with everything between messages and bytes. */
export class Transport implements AsyncDisposable {
  /** `ip:port` as bound. */
  readonly address: string;
  readonly #parts: TransportParts;
  readonly #socket: DatagramSocket;
  readonly #listener: Listener;
  /** What gives up the requests that are under way. */
  readonly #underWay = new Set<() => void>();

  private constructor(parts: TransportParts, socket: DatagramSocket, listener: Listener) {
    this.#parts = parts;
    this.#socket = socket;
    this.#listener = listener;
    this.address = socket.address;
  }

  /** Rejects with `unavailable` when the address is taken. */
  static async open(bind: string, parts: TransportParts, handlers: TransportHandlers): Promise<Transport> {
    const { network } = parts.platform;
    const server = new StreamServer(parts, (message) => handlers.onStream(message));
    const { host, port } = parseAddress(bind);
    for (let tries = 1; ; tries++) {
      const listener = await network.listen(bind, (connection) => server.accept(connection));
      const bound = port === 0 ? parseAddress(listener.address).port : port;
      try {
        const socket = await network.bindDatagrams(formatAddress(host, bound), {
          onMessage: (bytes, from) => receive(bytes, from, parts, handlers),
          onSendFailed: (to, error) => {
            parts.metrics.sendFailed.add(1);
            parts.log.warn("send", "A datagram was not sent", { error: messageOf(error) });
            handlers.onSendFailed(addressOf(to.host, to.port));
          },
        });
        return new Transport(parts, socket, listener);
      } catch (error) {
        await listener[Symbol.asyncDispose]();
        // with any port wanted, somebody else may have had just this one for UDP
        if (port !== 0 || tries >= PORT_TRIES) throw error;
      }
    }
  }

  /** One datagram of encoded messages. Addresses that cannot be are passed over: they come from the network. */
  send(to: Address, messages: readonly Uint8Array[], crc: boolean): void {
    const host = ipText(to.ip);
    if (host === undefined || to.port < 1 || to.port > 65_535 || messages.length === 0) return;
    const { keyring, compress, metrics } = this.#parts;
    const size = messages.reduce((sum, message) => sum + message.length, 0);
    const bytes = encodeDatagram(messages, { compress: compress && size >= COMPRESS_FROM_BYTES, crc, sealing: keyring.sealing });
    metrics.udpSent.add(bytes.length);
    this.#socket.send(bytes, { host, port: to.port });
  }

  /** Opens a stream, says one thing, hears one. Rejects with `unavailable`, `timeout` or `bad-request`. */
  request(to: Address, message: StreamMessage, timeoutMs: number): Promise<StreamMessage> {
    return streamRequest(addressText(to), message, { ...this.#parts, timeoutMs, underWay: this.#underWay });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const giveUp of [...this.#underWay]) giveUp();
    await Promise.all([this.#socket[Symbol.asyncDispose](), this.#listener[Symbol.asyncDispose]()]);
  }
}

function receive(bytes: Buffer, from: { readonly host: string; readonly port: number }, parts: TransportParts, handlers: TransportHandlers): void {
  const ip = ipBytes(from.host);
  if (ip === undefined) return;
  parts.metrics.udpReceived.add(bytes.length);
  const messages = decodeDatagram(bytes, parts.keyring.opening, (error) => {
    parts.metrics.badMessages.add(1);
    parts.log.warn("datagram", "A datagram could not be read", { from: formatAddress(from.host, from.port), error: error.message });
  });
  if (messages.length > 0) handlers.onDatagram({ ip, port: from.port }, messages);
}
