import { type Clock, type Connection, type ConnectionHandlers, type Listener, parseAddress } from "../platform/index.ts";
import { framed, MessageReader } from "./frames.ts";
import { CONNECTION_IDLE_MS, CONNECTIONS_MAX, PENDING_PER_CONNECTION_MAX, UNSENT_MAX_BYTES } from "./limits.ts";
import type { Response } from "./responder.ts";
import type { DoorParts } from "./udp-door.ts";

/** Connections of all doors of an agent. */
export interface Crowd {
  open: number;
}

/** Answers messages on the connections to one address. RFC 7766: many on one connection, answered as they are ready. */
export function openTcpDoor(address: string, parts: DoorParts & { readonly clock: Clock; readonly crowd: Crowd }): Promise<Listener> {
  return parts.network.listen(address, (connection) => {
    const { crowd, meters } = parts;
    if (crowd.open >= CONNECTIONS_MAX) {
      meters.dropped.add(1);
      connection.destroy();
      return { onData: () => {}, onClose: () => {} };
    }
    crowd.open += 1;
    return new Conversation(connection, parts);
  });
}

/** One client's connection: read no further while too much waits for a lookup or for the client, closed when nothing moves. */
class Conversation implements ConnectionHandlers {
  readonly #connection: Connection;
  readonly #with: DoorParts & { readonly clock: Clock; readonly crowd: Crowd };
  readonly #ip: string;
  readonly #reader = new MessageReader((message) => this.#asked(message));
  #pending = 0;
  #paused = false;
  #closed = false;
  #idle: Disposable;
  /** Whether a message was answered since the clock was last set. */
  #moved = false;

  constructor(connection: Connection, parts: DoorParts & { readonly clock: Clock; readonly crowd: Crowd }) {
    this.#connection = connection;
    this.#with = parts;
    this.#ip = parseAddress(connection.remote).host;
    this.#idle = this.#watchIdle();
  }

  onData(bytes: Buffer): void {
    this.#reader.push(bytes);
    this.#heed();
  }

  onDrain(): void {
    this.#heed();
  }

  onClose(): void {
    this.#closed = true;
    this.#idle[Symbol.dispose]();
    this.#with.crowd.open -= 1;
  }

  #asked(message: Buffer): void {
    const response = this.#with.responder.respond(message, { transport: "tcp", ip: this.#ip });
    if (!(response instanceof Promise)) {
      this.#send(response);
      return;
    }
    this.#pending += 1;
    const done = (late: Response): void => {
      this.#pending -= 1;
      this.#send(late);
      this.#heed();
    };
    response.then(done, () => done(undefined));
  }

  #send(response: Response): void {
    if (response === undefined || this.#closed) return;
    this.#moved = true;
    this.#connection.write(framed(response));
  }

  #heed(): void {
    if (this.#closed) return;
    const full = this.#pending >= PENDING_PER_CONNECTION_MAX || this.#connection.buffered > UNSENT_MAX_BYTES;
    if (full === this.#paused) return;
    this.#paused = full;
    if (full) this.#connection.pause();
    else this.#connection.resume();
  }

  /** Whoever sends a byte now and then, or takes none, is not kept for it. */
  #watchIdle(): Disposable {
    return this.#with.clock.after(CONNECTION_IDLE_MS, () => {
      const stuck = this.#connection.buffered > 0 || !this.#moved;
      if (stuck && this.#pending === 0) {
        this.#connection.destroy();
        return;
      }
      this.#moved = false;
      this.#idle = this.#watchIdle();
    });
  }
}
