import { KvorumError } from "../../../src/base/errors.ts";
import type { Connection, ConnectionHandlers, DatagramHandlers, DatagramSocket, Listener, Network } from "../../../src/platform/index.ts";
import type { SimProcess } from "../engine/process.ts";
import type { Scheduler } from "../engine/scheduler.ts";
import { SimConnection } from "./connection.ts";
import type { Links } from "./links.ts";

type Accept = (connection: Connection) => ConnectionHandlers;

interface Door {
  readonly process: SimProcess;
  readonly accept: Accept;
}

interface Letterbox {
  readonly process: SimProcess;
  readonly handlers: DatagramHandlers;
}

const FIRST_FREE_PORT = 40_000;

/** All hosts and the connections between them. A host is an IP address; each process has its own `Network` on it. */
export class SimInternet {
  readonly scheduler: Scheduler;
  readonly links: Links;
  readonly #doors = new Map<string, Door>();
  readonly #letterboxes = new Map<string, Letterbox>();
  readonly #open = new Set<SimConnection>();
  #nextPort = FIRST_FREE_PORT;

  constructor(scheduler: Scheduler, links: Links) {
    this.scheduler = scheduler;
    this.links = links;
    links.whenMended(() => {
      for (const connection of [...this.#open]) connection.flow();
    });
  }

  /** The network as one process on `host` sees it; its doors and connections end with it. */
  network(process: SimProcess, host: string): Network {
    process.whenDead(() => this.#died(process));
    return {
      connect: (address, handlers, timeoutMs) => this.#connect({ process, host, address, handlers, timeoutMs }),
      listen: async (address, accept) => this.#listen({ process, host, address, accept }),
      bindDatagrams: async (address, handlers) => this.#bind({ process, host, address, handlers }),
      resolve: async (name) => [name],
    };
  }

  /** A process on `host` died as a process does, not its machine: the system closes what it had open. */
  closeAll(host: string): void {
    for (const connection of [...this.#open]) if (connection.isOn(host)) connection.reset();
  }

  /** Breaks one connection of the host, if it has any. */
  breakOne(host: string, choose: (count: number) => number): void {
    const candidates = [...this.#open].filter((connection) => connection.isOn(host));
    candidates[choose(candidates.length)]?.reset();
  }

  forget(connection: SimConnection): void {
    this.#open.delete(connection);
  }

  async #listen(wish: { readonly process: SimProcess; readonly host: string; readonly address: string; readonly accept: Accept }): Promise<Listener> {
    const { process, host, accept } = wish;
    const [ip = "", port = "0"] = splitAddress(wish.address);
    if (ip !== host && ip !== "0.0.0.0") throw new KvorumError("unavailable", `Cannot listen on "${wish.address}": not an address of this machine`);
    const address = `${host}:${port === "0" ? this.#freePort() : port}`;
    await new Promise<void>((resolve) => void process.plan(0.01, "io", resolve));
    if (this.#doors.has(address)) throw new KvorumError("unavailable", `Cannot listen on "${address}": in use`);
    this.#doors.set(address, { process, accept });
    return {
      address,
      [Symbol.asyncDispose]: async () => {
        if (this.#doors.get(address)?.process === process) this.#doors.delete(address);
      },
    };
  }

  /** UDP: loss, doubles and detours as the weather has them, and never a word about it. */
  #bind(wish: { readonly process: SimProcess; readonly host: string; readonly address: string; readonly handlers: DatagramHandlers }): DatagramSocket {
    const { process, host, handlers } = wish;
    const [ip = "", port = "0"] = splitAddress(wish.address);
    if (ip !== host && ip !== "0.0.0.0") throw new KvorumError("unavailable", `Cannot bind to "${wish.address}": not an address of this machine`);
    const own = { host, port: port === "0" ? this.#freePort() : Number(port) };
    const address = `${own.host}:${own.port}`;
    if (this.#letterboxes.has(address)) throw new KvorumError("unavailable", `Cannot bind to "${wish.address}": in use`);
    this.#letterboxes.set(address, { process, handlers });
    const { links, scheduler } = this;
    const carry = (bytes: Buffer, to: { readonly host: string; readonly port: number }): void => {
      scheduler.world(links.latencyMs() * (links.overtaken() ? 3 : 1), () => {
        const box = this.#letterboxes.get(`${to.host}:${to.port}`);
        if (box !== undefined && !links.blocked(host, to.host)) scheduler.plan(0, "io", box.process, () => box.handlers.onMessage(Buffer.from(bytes), own));
      });
    };
    return {
      address,
      send: (bytes, to) => {
        const copy = Buffer.from(bytes);
        if (!links.lost()) carry(copy, to);
        if (links.doubled()) carry(copy, to);
      },
      [Symbol.asyncDispose]: async () => {
        if (this.#letterboxes.get(address)?.process === process) this.#letterboxes.delete(address);
      },
    };
  }

  #connect(wish: { process: SimProcess; host: string; address: string; handlers: Accept; timeoutMs: number }): Promise<Connection> {
    const { process, host, address, handlers } = wish;
    const [ip = ""] = splitAddress(address);
    const { links, scheduler } = this;
    return new Promise((resolve, reject) => {
      let settled = false;
      const refuse = (why: string): void => {
        if (!settled) reject(new KvorumError("unavailable", `Cannot connect to "${address}": ${why}`));
        settled = true;
      };
      process.plan(wish.timeoutMs, "timer", () => refuse("timed out"));
      scheduler.world(links.streamLatencyMs(), () => {
        if (links.blocked(host, ip)) return;
        const door = this.#doors.get(address);
        if (door === undefined) {
          if (!links.blocked(ip, host)) process.plan(links.streamLatencyMs(), "io", () => refuse("refused"));
          return;
        }
        if (links.blocked(ip, host)) return;
        const [near, far] = this.#pair({ process, host, door, ip, address });
        scheduler.plan(0, "io", door.process, () => far.attach(door.accept(far)));
        process.plan(links.streamLatencyMs(), "io", () => {
          if (settled || !near.usable) return settled ? near.destroy() : refuse("reset");
          settled = true;
          near.attach(handlers(near));
          resolve(near);
        });
      });
    });
  }

  #pair(ends: { process: SimProcess; host: string; door: Door; ip: string; address: string }): readonly [SimConnection, SimConnection] {
    const local = `${ends.host}:${this.#freePort()}`;
    const near = new SimConnection(this, { process: ends.process, local, remote: ends.address, host: ends.host, peerHost: ends.ip });
    const far = new SimConnection(this, { process: ends.door.process, local: ends.address, remote: local, host: ends.ip, peerHost: ends.host });
    near.joinTo(far);
    far.joinTo(near);
    this.#open.add(near).add(far);
    return [near, far];
  }

  #freePort(): number {
    this.#nextPort++;
    return this.#nextPort;
  }

  #died(process: SimProcess): void {
    for (const [address, door] of this.#doors) if (door.process === process) this.#doors.delete(address);
    for (const [address, box] of this.#letterboxes) if (box.process === process) this.#letterboxes.delete(address);
  }
}

function splitAddress(address: string): readonly string[] {
  const colon = address.lastIndexOf(":");
  return [address.slice(0, colon), address.slice(colon + 1)];
}
