import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

interface Turn {
  busy: boolean;
  readonly waiting: (() => void)[];
}

/**
 * One request of a connection at a time, in the order in which they came, as Go's server takes them. Node begins with a
 * pipelined request at once: a read could be answered from before the write in front of it.
 */
export class Turns {
  readonly #turns = new WeakMap<Socket, Turn>();

  take(request: IncomingMessage, response: ServerResponse, run: () => void): void {
    const { socket } = request;
    const turn = this.#turnOf(socket);
    response.once("close", () => this.#over(turn, socket));
    if (turn.busy) {
      turn.waiting.push(run);
    } else {
      turn.busy = true;
      run();
    }
  }

  #turnOf(socket: Socket): Turn {
    const known = this.#turns.get(socket);
    if (known !== undefined) return known;
    const turn: Turn = { busy: false, waiting: [] };
    this.#turns.set(socket, turn);
    return turn;
  }

  #over(turn: Turn, socket: Socket): void {
    const next = turn.waiting.shift();
    if (next === undefined || socket.destroyed) turn.busy = false;
    else next();
  }
}
