import dgram from "node:dgram";
import { KvorumError, messageOf } from "../base/errors.ts";
import { formatAddress, parseAddress } from "./address.ts";
import { DATAGRAM_RECEIVE_BYTES } from "./limits.ts";
import type { DatagramHandlers, DatagramSocket } from "./ports.ts";

/** UDP of this machine, with room for what comes in while this process is busy. */
export function bindDatagrams(address: string, handlers: DatagramHandlers): Promise<DatagramSocket> {
  return new Promise((resolve, reject) => {
    const { host, port } = parseAddress(address);
    const family = host.includes(":") ? 6 : 4;
    const socket = dgram.createSocket({
      type: family === 6 ? "udp6" : "udp4",
      recvBufferSize: DATAGRAM_RECEIVE_BYTES,
      // only IP addresses are ever given: nothing to look up
      lookup: (name, _options, found) => found(null, name, family),
    });
    socket.once("error", (error) => {
      socket.close();
      reject(new KvorumError("unavailable", `Cannot bind to ${address}: ${messageOf(error)}`, { cause: error }));
    });
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.removeAllListeners("error");
      socket.on("error", () => {}); // concerns one datagram, which nobody was promised; the socket goes on
      socket.on("message", (bytes, from) => handlers.onMessage(bytes, { host: from.address, port: from.port }));
      resolve(new RealDatagramSocket(socket, handlers));
    });
  });
}

class RealDatagramSocket implements DatagramSocket {
  readonly address: string;
  readonly #socket: dgram.Socket;
  readonly #handlers: DatagramHandlers;
  #open = true;

  constructor(socket: dgram.Socket, handlers: DatagramHandlers) {
    const bound = socket.address();
    this.address = formatAddress(bound.address, bound.port);
    this.#socket = socket;
    this.#handlers = handlers;
  }

  send(bytes: Uint8Array, to: { readonly host: string; readonly port: number }): void {
    if (!this.#open) return;
    const failed = (error: unknown): void => {
      if (this.#open) this.#handlers.onSendFailed(to, new KvorumError("unavailable", `Cannot send to ${formatAddress(to.host, to.port)}: ${messageOf(error)}`));
    };
    try {
      this.#socket.send(bytes, to.port, to.host, (error) => {
        if (error !== null) failed(error);
      });
    } catch (error) {
      failed(error); // a port or an address that cannot be
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }
}
