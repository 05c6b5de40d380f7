import { KvorumError, messageOf } from "../base/errors.ts";
import type { NodeId } from "../base/ids.ts";
import * as limits from "./limits.ts";
import type { Link } from "./link.ts";

/** What a peer needs from the room. */
export interface PeerHost {
  addresses(id: NodeId): readonly string[];
  /** Resolves when the handshake is done. */
  dial(address: string): Promise<Link>;
  after(ms: number, run: () => void): Disposable;
  /** A whole number from 0 to `below` - 1. */
  random(below: number): number;
  unreachable(id: NodeId): void;
  dropped(): void;
}

/** Another server as this one reaches it: its connections, and making one when there is none. */
export class Peer {
  readonly id: NodeId;
  readonly #host: PeerHost;
  readonly #links: Link[] = [];
  #queue: Uint8Array[] = [];
  #waiting: { readonly resolve: (link: Link) => void; readonly reject: (error: KvorumError) => void }[] = [];
  #dialing = false;
  #backoff: Disposable | undefined;
  #failures = 0;
  #attempt = 0;
  #lastError = "not tried yet";
  #closed = false;

  constructor(id: NodeId, host: PeerHost) {
    this.id = id;
    this.#host = host;
  }

  /** The connection in use: the oldest that lives, since order holds within one. */
  get link(): Link | undefined {
    return this.#links.find((link) => !link.closed);
  }

  attach(link: Link): void {
    this.#links.push(link);
    this.#failures = 0;
    this.#backoff?.[Symbol.dispose]();
    this.#backoff = undefined;
    for (const message of this.#queue) link.sendRaft(message);
    this.#queue = [];
    for (const waiter of this.#waiting.splice(0)) waiter.resolve(link);
  }

  /** A connection ended. When it was the last, the peer counts as unreachable until it is connected again. */
  detach(link: Link): void {
    const at = this.#links.indexOf(link);
    if (at < 0) return;
    this.#links.splice(at, 1);
    if (this.#links.length === 0 && !this.#closed) this.#host.unreachable(this.id);
  }

  send(message: Uint8Array): void {
    const link = this.link;
    if (link !== undefined) {
      if (link.sendRaft(message)) return;
      this.#host.dropped();
      this.#host.unreachable(this.id);
      return;
    }
    this.#dial();
    if (this.#dialing && this.#queue.length < limits.maxRaftWhileDialing) this.#queue.push(message);
    else this.#host.dropped();
  }

  /** A connection, made when there is none. Rejects with `unavailable` when the attempt fails, or at once within the time between attempts. */
  connected(): Promise<Link> {
    const link = this.link;
    if (link !== undefined) return Promise.resolve(link);
    this.#dial();
    if (!this.#dialing) return Promise.reject(this.#unavailable());
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Something new is known of where it is: tries at once. */
  nudge(): void {
    this.#backoff?.[Symbol.dispose]();
    this.#backoff = undefined;
    if (this.link === undefined) this.#dial();
  }

  close(): void {
    this.#closed = true;
    this.#backoff?.[Symbol.dispose]();
    this.#queue = [];
    for (const waiter of this.#waiting.splice(0)) waiter.reject(new KvorumError("unavailable", "Server is closing"));
    for (const link of [...this.#links]) link.fail(new KvorumError("unavailable", "Server is closing"));
  }

  #dial(): void {
    if (this.#dialing || this.#backoff !== undefined || this.#closed) return;
    const addresses = this.#host.addresses(this.id);
    const address = addresses[this.#attempt % Math.max(1, addresses.length)];
    if (address === undefined) return;
    this.#attempt++;
    this.#dialing = true;
    this.#host.dial(address).then(
      (link) => {
        this.#dialing = false;
        // Somebody else may live at an address that this one had: then it was no success for this one.
        if (link.hello?.id === this.id) this.#failures = 0;
        else this.#failed(`${address} belongs to another server now`);
      },
      (error: unknown) => {
        this.#dialing = false;
        this.#failed(messageOf(error));
      },
    );
  }

  #failed(why: string): void {
    if (this.#closed || this.link !== undefined) return;
    this.#lastError = why;
    this.#queue = [];
    const wait = Math.min(limits.lastBackoffMs, limits.firstBackoffMs * 2 ** Math.min(this.#failures, 16));
    this.#failures++;
    this.#backoff = this.#host.after(wait + this.#host.random(Math.ceil(wait / 2)), () => {
      this.#backoff = undefined;
    });
    for (const waiter of this.#waiting.splice(0)) waiter.reject(this.#unavailable());
    this.#host.unreachable(this.id);
  }

  #unavailable(): KvorumError {
    return new KvorumError("unavailable", `Cannot reach server "${this.id}": ${this.#lastError}`);
  }
}
