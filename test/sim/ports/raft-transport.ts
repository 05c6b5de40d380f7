import type { NodeId } from "../../../src/base/ids.ts";
import type { RaftTransport } from "../../../src/raft/index.ts";
import type { SimProcess } from "../engine/process.ts";
import type { Scheduler } from "../engine/scheduler.ts";
import type { Links } from "./links.ts";

interface Station {
  readonly process: SimProcess;
  readonly id: NodeId;
  readonly address: string;
  readonly handler: (from: NodeId, message: unknown) => void;
  readonly unreachable: (id: NodeId) => void;
}

interface Letter {
  readonly from: Station;
  readonly to: NodeId;
  readonly toAddress: string;
  readonly message: unknown;
}

/** Changes, drops (gives nothing) or multiplies a message on its way: how planted bugs forge. */
export type Tamper = (message: unknown, from: NodeId, to: NodeId) => readonly unknown[];

/** Raft messages as datagrams: each may be lost, late, doubled or overtaken. Harsher than the streams that carry them in earnest. */
export class DatagramNet {
  readonly #scheduler: Scheduler;
  readonly #links: Links;
  readonly #stations = new Map<string, Station>();
  readonly #lastArrival = new Map<string, number>();
  tamper: Tamper | undefined;

  constructor(scheduler: Scheduler, links: Links) {
    this.#scheduler = scheduler;
    this.#links = links;
  }

  transport(process: SimProcess, id: NodeId, address: string): RaftTransport {
    process.whenDead(() => {
      if (this.#stations.get(address)?.process === process) this.#stations.delete(address);
    });
    return {
      send: (to, toAddress, message) => {
        const from = this.#stations.get(address);
        if (from?.process !== process) return;
        for (const one of this.tamper?.(message, id, to) ?? [message]) this.#send({ from, to, toAddress: toAddress || this.#whereIs(to), message: one });
      },
      receive: (handler, unreachable) => void this.#stations.set(address, { process, id, address, handler, unreachable }),
    };
  }

  /** As when a process dies or a connection breaks: everyone who can hear it learns that `id` is not reachable. */
  broke(id: NodeId, address: string): void {
    for (const station of this.#stations.values()) {
      if (station.id !== id && !this.#links.blocked(address, station.address))
        station.process.plan(this.#links.latencyMs(), "io", () => station.unreachable(id));
    }
  }

  #whereIs(id: NodeId): string {
    for (const station of this.#stations.values()) if (station.id === id) return station.address;
    return "";
  }

  #send(letter: Letter): void {
    const links = this.#links;
    const way = `${letter.from.address}>${letter.toAddress}`;
    if (links.blocked(letter.from.address, letter.toAddress) || links.lost()) return;
    const copies = links.doubled() ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      let at = this.#scheduler.now + links.latencyMs();
      if (links.overtaken()) at += links.latencyMs() * 20;
      else {
        at = Math.max(at, this.#lastArrival.get(way) ?? 0);
        this.#lastArrival.set(way, at);
      }
      this.#scheduler.world(at - this.#scheduler.now, () => this.#arrive(letter));
    }
  }

  #arrive(letter: Letter): void {
    const { from, to } = letter;
    const station = this.#stations.get(letter.toAddress);
    if (station === undefined || station.id !== to) {
      if (!this.#links.blocked(letter.toAddress, from.address)) from.process.plan(this.#links.latencyMs(), "io", () => from.unreachable(to));
      return;
    }
    this.#scheduler.note(from.process.number, () => `${from.id} -> ${to} ${brief(letter.message)}`);
    station.process.plan(0, "io", () => station.handler(from.id, letter.message));
  }
}

function brief(message: unknown): string {
  return JSON.stringify(message, (name, value: unknown) => (name === "data" ? "…" : value)).slice(0, 240);
}
