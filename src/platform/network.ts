import { lookup } from "node:dns/promises";
import net from "node:net";
import { KvorumError, messageOf } from "../base/errors.ts";
import { formatAddress, parseAddress } from "./address.ts";
import { bindDatagrams } from "./datagrams.ts";
import { KEEPALIVE_AFTER_MS, LISTEN_BACKLOG, SEND_HIGH_WATER_BYTES } from "./limits.ts";
import type { Connection, ConnectionHandlers, DatagramHandlers, DatagramSocket, Listener, Network } from "./ports.ts";

const SOCKET_OPTIONS = {
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: KEEPALIVE_AFTER_MS,
  highWaterMark: SEND_HIGH_WATER_BYTES,
} as const;

/** TCP of this machine: bytes go out at once, a vanished peer is noticed, and nobody is cut off for being idle; UDP and the system's resolver beside it. */
export class RealNetwork implements Network {
  bindDatagrams(address: string, handlers: DatagramHandlers): Promise<DatagramSocket> {
    return bindDatagrams(address, handlers);
  }

  async resolve(host: string): Promise<readonly string[]> {
    if (net.isIP(host) !== 0) return [host];
    try {
      return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);
    } catch (error) {
      throw new KvorumError("unavailable", `Cannot resolve "${host}": ${messageOf(error)}`, { cause: error });
    }
  }

  connect(
    address: string,
    handlers: (connection: Connection) => ConnectionHandlers,
    timeoutMs: number,
    onCancel?: (cancel: () => void) => void,
  ): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const { host, port } = parseAddress(address);
      const socket = net.connect({ host, port, ...SOCKET_OPTIONS });
      const refuse = (error: unknown): void => {
        clearTimeout(timer);
        socket.removeAllListeners();
        socket.on("error", () => {}); // a socket that was given up may fail once more; that was reported already
        socket.destroy();
        reject(new KvorumError("unavailable", `Cannot connect to ${address}: ${messageOf(error)}`, { cause: error }));
      };
      const timer = setTimeout(() => refuse(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
      socket.once("error", refuse);
      onCancel?.(() => {
        if (socket.connecting) refuse(new Error("given up"));
      });
      socket.once("connect", () => {
        clearTimeout(timer);
        socket.off("error", refuse);
        resolve(attach(socket, handlers));
      });
    });
  }

  listen(address: string, onConnection: (connection: Connection) => ConnectionHandlers): Promise<Listener> {
    return new Promise((resolve, reject) => {
      const { host, port } = parseAddress(address);
      const open = new Set<net.Socket>();
      const server = net.createServer(SOCKET_OPTIONS, (socket) => {
        open.add(socket);
        socket.once("close", () => open.delete(socket));
        attach(socket, onConnection);
      });
      server.once("error", (error) => {
        reject(new KvorumError("unavailable", `Cannot listen on ${address}: ${messageOf(error)}`, { cause: error }));
      });
      server.listen({ host, port, backlog: LISTEN_BACKLOG }, () => {
        server.removeAllListeners("error");
        server.on("error", () => {}); // a failed accept concerns one caller, who sees it; the listener goes on
        resolve(new RealListener(server, open));
      });
    });
  }
}

class RealListener implements Listener {
  readonly address: string;
  readonly #server: net.Server;
  readonly #open: ReadonlySet<net.Socket>;

  constructor(server: net.Server, open: ReadonlySet<net.Socket>) {
    const bound = server.address();
    this.address = typeof bound === "object" && bound !== null ? formatAddress(bound.address, bound.port) : "?:0";
    this.#server = server;
    this.#open = open;
  }

  /** Stops listening and closes the connections that came in through it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#open) socket.destroy();
    await closed;
  }
}

function attach(socket: net.Socket, handlersFor: (connection: Connection) => ConnectionHandlers): Connection {
  const connection = new SocketConnection(socket);
  const handlers = handlersFor(connection);
  let failure: Error | undefined;
  socket.on("data", (bytes: Buffer) => handlers.onData(bytes));
  socket.on("drain", () => handlers.onDrain?.());
  socket.on("error", (error) => {
    failure = error;
  });
  socket.on("close", () => handlers.onClose(failure));
  return connection;
}

class SocketConnection implements Connection {
  readonly remote: string;
  readonly local: string;
  readonly #socket: net.Socket;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    this.remote = formatAddress(socket.remoteAddress, socket.remotePort);
    this.local = formatAddress(socket.localAddress, socket.localPort);
  }

  get buffered(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#socket.destroyed || this.#socket.writableEnded) return false; // onClose tells, or told
    return this.#socket.write(bytes);
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }
}
