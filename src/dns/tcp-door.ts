import { type Clock, type Connection, type ConnectionHandlers, type Listener, parseAddress } from "../platform/index.ts";
import { framed, MessageReader } from "./frames.ts";
import { CONNECTION_IDLE_MS, CONNECTIONS_MAX, UNSENT_MAX_BYTES } from "./limits.ts";
import type { Client, Response } from "./responder.ts";
import type { Turns } from "./turns.ts";
import type { DoorParts } from "./udp-door.ts";

/** Connections of all doors of an agent. */
export interface Crowd {
  open: number;
  readonly turns: Turns;
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

/**
 * One client's connection: its messages are answered one after the other, as many in a turn of the loop as time allows, and it is read no further
 * while some wait, or while it takes no answers. Closed when nothing moves.
 */
class Conversation implements ConnectionHandlers {
  readonly #connection: Connection;
  readonly #with: DoorParts & { readonly clock: Clock; readonly crowd: Crowd };
  readonly #client: Client;
  readonly #reader = new MessageReader();
  #working = false;
  #closed = false;
  #idle: Disposable;
  /** Whether a message was answered since the clock was last set. */
  #moved = false;

  constructor(connection: Connection, parts: DoorParts & { readonly clock: Clock; readonly crowd: Crowd }) {
    this.#connection = connection;
    this.#with = parts;
    this.#client = { transport: "tcp", ip: parseAddress(connection.remote).host };
    this.#idle = this.#watchIdle();
  }

  onData(bytes: Buffer): void {
    this.#reader.push(bytes);
    this.#work();
  }

  onDrain(): void {
    this.#work();
  }

  onClose(): void {
    this.#closed = true;
    this.#idle[Symbol.dispose]();
    this.#with.crowd.open -= 1;
  }

  /** Answers what has come, until something has to be waited for: a lookup, the client, or the others' turn. */
  #work(): void {
    if (this.#working || this.#closed) return;
    const { crowd, responder } = this.#with;
    for (;;) {
      if (this.#connection.buffered > UNSENT_MAX_BYTES) return this.#connection.pause(); // until onDrain
      if (!crowd.turns.hasTime()) return this.#later();
      const message = this.#reader.next();
      if (message === undefined) return this.#connection.resume();
      const response = responder.respond(message, this.#client);
      if (response instanceof Promise) return this.#waitFor(response);
      this.#send(response);
    }
  }

  #waitFor(response: Promise<Response>): void {
    this.#working = true;
    this.#connection.pause();
    const done = (late: Response): void => {
      this.#send(late);
      this.#later();
    };
    response.then(done, () => done(undefined));
  }

  /** Goes on in another turn of the loop, and is read no further until then. */
  #later(): void {
    this.#working = true;
    this.#connection.pause();
    this.#with.crowd.turns.later(() => {
      this.#working = false;
      this.#work();
    });
  }

  #send(response: Response): void {
    if (response === undefined || this.#closed) return;
    this.#moved = true;
    this.#connection.write(framed(response));
  }

  /** Whoever sends a byte now and then, or takes none, is not kept for it. */
  #watchIdle(): Disposable {
    return this.#with.clock.after(CONNECTION_IDLE_MS, () => {
      if (!this.#moved && !this.#working) {
        this.#connection.destroy();
        return;
      }
      this.#moved = false;
      this.#idle = this.#watchIdle();
    });
  }
}
