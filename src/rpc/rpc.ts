import { KvorumError, messageOf } from "../base/errors.ts";
import type { NodeId } from "../base/ids.ts";
import { encodeMsgpack } from "../base/msgpack.ts";
import { Scope } from "../base/scope.ts";
import type { Backend, MethodName, RequestOf, ResponseOf, Streams } from "../model/index.ts";
import type { Connection, ConnectionHandlers, Listener, Logger, Platform } from "../platform/index.ts";
import { AddressBook } from "./address-book.ts";
import { Deadlines } from "./deadlines.ts";
import type { Hello, Purpose } from "./hello.ts";
import { HostLimit } from "./host-limit.ts";
import * as limits from "./limits.ts";
import { type Dialed, Link, type LinkHost } from "./link.ts";
import { type RpcMeters, rpcMeters } from "./meters.ts";
import { Peer } from "./peer.ts";
import { Strangers } from "./strangers.ts";

export interface RpcOptions {
  readonly platform: Pick<Platform, "clock" | "random" | "network" | "log" | "metrics">;
  readonly id: NodeId;
  readonly name: string;
  readonly datacenter: string;
  /** `ip:port` to listen on, port 0 for any; empty for a client, which calls servers and is called by nobody. */
  readonly bind: string;
  /** `ip:port` that others are told; a port 0 in it stands for the one bound. Empty for a client. */
  readonly advertise: string;
  /** Connections that one host may have here at a time, servers and agents alike; 0 or nothing: no limit. `limits.rpc_max_conns_per_client`. */
  readonly maxConnectionsPerHost?: number;
  /** How long a caller may take to say who it is, milliseconds; 0 or nothing: the usual time. `limits.rpc_handshake_timeout`. */
  readonly helloTimeoutMs?: number;
}

/** Who is called: by id, wherever it is; or whoever is at an address, in another datacenter where one is named. */
export type Callee = { readonly id: NodeId; readonly address: string } | { readonly address: string; readonly datacenter?: string };

export interface RpcCallOptions {
  /** Milliseconds until `timeout`; `callTimeoutMs` when nothing is said. */
  readonly timeoutMs?: number;
  /** Called with what ends the call early, here and at the other end. */
  readonly onCancel?: ((cancel: () => void) => void) | undefined;
}

/**
 * Over 300 lines: one object holds connections, peers and addresses together; what each of them does is in a file of its own.
 *
 * The server port: takes calls of other servers and calls them, and carries raft's messages (raft's `RaftTransport`),
 * all on one connection between two servers, whichever of them made it.
 *
 * Errors of calls: see `Link`.
 *
 * Over 300 lines: which connection stands for which server is one table, and dialling, accepting and losing them all change it.
 */
export class Rpc implements AsyncDisposable {
  readonly #options: RpcOptions;
  readonly #scope = new Scope();
  readonly #logger: Logger;
  readonly #meters: RpcMeters;
  readonly #strangers: Strangers;
  readonly #deadlines: Deadlines;
  readonly #book = new AddressBook();
  readonly #peers = new Map<NodeId, Peer>();
  readonly #links = new Set<Link>();
  readonly #hosts: HostLimit;
  /** Connections to addresses on their way, by purpose and address. */
  readonly #calling = new Map<string, Promise<Link>>();
  readonly #dials = new Map<Link, { readonly opened: (link: Link) => void; readonly failed: (error: Error) => void }>();
  readonly #host: LinkHost;
  #address = "";
  #encoded: { readonly message: unknown; readonly bytes: Uint8Array } | undefined;
  #handler: Backend | undefined;
  #guests: Backend | undefined;
  #raft: { readonly handler: (from: NodeId, message: unknown) => void; readonly onUnreachable: (id: NodeId) => void } | undefined;

  private constructor(options: RpcOptions) {
    const { platform } = options;
    this.#options = options;
    this.#logger = platform.log.logger.named("rpc");
    this.#meters = rpcMeters(platform.metrics);
    this.#strangers = new Strangers(platform.clock, this.#logger);
    this.#deadlines = new Deadlines(platform.clock);
    this.#hosts = new HostLimit(options.maxConnectionsPerHost ?? 0);
    this.#host = {
      helloTimeoutMs: options.helloTimeoutMs || limits.helloTimeoutMs,
      clock: platform.clock,
      deadlines: this.#deadlines,
      logger: this.#logger,
      meters: this.#meters,
      self: (purpose) => ({ ...this.self, purpose }),
      handler: (purpose) => (purpose === "cluster" ? this.#handler : this.#guests),
      refuse: (hello, link) => this.#refuse(hello, link),
      opened: (link, hello) => this.#opened(link, hello),
      closed: (link, error) => this.#closed(link, error),
      unreadable: (remote, why) => this.#strangers.complain(remote, why),
      raft: (from, message) => {
        this.#meters.raftHandoff.add(1);
        this.#raft?.handler(from, message);
      },
      book: (entries) => this.#heard(entries),
    };
  }

  /** Rejects with `unavailable` when the address is taken or not ours. */
  static async start(options: RpcOptions): Promise<Rpc> {
    const rpc = new Rpc(options);
    if (options.bind === "") {
      rpc.#open();
      return rpc;
    }
    const listener = await options.platform.network.listen(options.bind, (connection) => rpc.#accept(connection));
    rpc.#listening(listener);
    return rpc;
  }

  /** `ip:port` that others are told. */
  get address(): string {
    return this.#address;
  }

  get self(): Hello {
    const { id, name, datacenter } = this.#options;
    return { purpose: this.#purpose, id, name, datacenter, address: this.#address };
  }

  get #purpose(): Purpose {
    return this.#options.bind === "" ? "client" : "cluster";
  }

  get book(): AddressBook {
    return this.#book;
  }

  /** Deadlines of this server's calls; others may share the timer. */
  get deadlines(): Deadlines {
    return this.#deadlines;
  }

  /** Sets who answers calls of servers, and of clients and other datacenters; before that they are refused with `no-leader`. */
  serve(handler: Backend, guests: Backend = handler): void {
    this.#handler = handler;
    this.#guests = guests;
  }

  receive(handler: (from: NodeId, message: unknown) => void, onUnreachable: (id: NodeId) => void): void {
    this.#raft = { handler, onUnreachable };
  }

  send(to: NodeId, address: string, message: unknown): void {
    if (this.#scope.closed) return;
    this.#book.note(to, address, "configured");
    this.#peer(to).send(this.#encode(message));
  }

  /** Raft sends one message to several servers: it is encoded once. */
  #encode(message: unknown): Uint8Array {
    const last = this.#encoded;
    if (last !== undefined && last.message === message) return last.bytes;
    const bytes = encodeMsgpack(message);
    this.#encoded = { message, bytes };
    return bytes;
  }

  /** Whether there is a connection to this server now. */
  connectedTo(id: NodeId): boolean {
    return this.#peers.get(id)?.link !== undefined;
  }

  /** Connects to a server that was known once, so that it learns where this one is now. Failure is only logged. */
  contact(id: NodeId, address: string): void {
    if (id === this.#options.id || this.#scope.closed) return;
    this.#book.note(id, address, "configured");
    this.#peer(id)
      .connected()
      .catch((error: unknown) => this.#logger.debug("Server not reached", { id, error: messageOf(error) }));
  }

  /** The pool of members says where a server is. Whoever waits for it tries there at once. */
  located(id: NodeId, address: string): void {
    if (id === this.#options.id || this.#scope.closed) return;
    const known = this.#book.addresses(id).includes(address);
    this.#book.note(id, address, "member");
    if (!known) this.#peers.get(id)?.nudge();
  }

  async call<M extends MethodName>(to: Callee, method: M, request: RequestOf<M>, options: RpcCallOptions = {}): Promise<ResponseOf<M>> {
    const link = await this.#linkTo(to);
    // Servers of one cluster trust each other's answers as they trust each other's log entries.
    return (await link.call(method, request, { timeoutMs: options.timeoutMs ?? limits.callTimeoutMs, onCancel: options.onCancel })) as ResponseOf<M>;
  }

  async saveSnapshot(to: Callee, request: Streams["Snapshot.Save"]["request"]): Promise<Streams["Snapshot.Save"]["response"]> {
    return (await this.#linkTo(to)).download(request);
  }

  async restoreSnapshot(to: Callee, request: Streams["Snapshot.Restore"]["request"]): Promise<void> {
    const { body, ...rest } = request;
    await (await this.#linkTo(to)).upload(rest, body);
  }

  /** Who is at this address. */
  async greet(address: string): Promise<Hello> {
    const hello = (await this.#linkTo({ address })).hello;
    if (hello === undefined) throw new KvorumError("unavailable", `Cannot reach server at ${address}`);
    return hello;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope[Symbol.asyncDispose]();
  }

  #listening(listener: Listener): void {
    const { advertise } = this.#options;
    this.#address = advertise.endsWith(":0") ? advertise.slice(0, -1) + listener.address.slice(listener.address.lastIndexOf(":") + 1) : advertise;
    this.#open(listener);
  }

  #open(listener?: Listener): void {
    this.#scope.use(this.#deadlines);
    if (listener !== undefined) this.#scope.use(listener);
    this.#scope.defer(() => {
      for (const peer of this.#peers.values()) peer.close();
      for (const link of [...this.#links]) link.fail(new KvorumError("unavailable", "Server is closing"));
    });
  }

  #linkTo(to: Callee): Promise<Link> {
    if (this.#scope.closed) return Promise.reject(new KvorumError("unavailable", "Server is closing"));
    if ("id" in to) {
      this.#book.note(to.id, to.address, "configured");
      return this.#peer(to.id).connected();
    }
    const { address, datacenter = this.#options.datacenter } = to;
    const purpose = datacenter === this.#options.datacenter ? this.#purpose : "datacenter";
    for (const link of this.#links) {
      if (!link.closed && link.hello !== undefined && link.purpose === purpose && (link.hello.address === address || link.dialed?.address === address))
        return Promise.resolve(link);
    }
    return this.#callAt({ address, purpose }, datacenter);
  }

  /** Another limit for connections of one host from now on; those that are open stay. 0: none. */
  limitConnections(maxPerHost: number): void {
    this.#hosts.change(maxPerHost);
  }

  /** Many calls at once make one connection. */
  #callAt(to: Dialed, datacenter: string): Promise<Link> {
    const key = `${to.purpose} ${to.address}`;
    let calling = this.#calling.get(key);
    if (calling === undefined) {
      calling = this.#dialInto(to, datacenter).finally(() => this.#calling.delete(key));
      this.#calling.set(key, calling);
    }
    return calling;
  }

  async #dialInto(to: Dialed, datacenter: string): Promise<Link> {
    const link = await this.#dial(to);
    if (link.hello?.datacenter === datacenter) return link;
    const why = new KvorumError("unavailable", `Server at ${to.address} is of datacenter "${link.hello?.datacenter ?? ""}", not "${datacenter}"`);
    link.fail(why);
    throw why;
  }

  #peer(id: NodeId): Peer {
    let peer = this.#peers.get(id);
    if (peer === undefined) {
      const { clock, random } = this.#options.platform;
      peer = new Peer(id, {
        addresses: (of) => this.#book.addresses(of),
        dial: (address) => this.#dial({ address, purpose: this.#purpose }),
        after: (ms, run) => clock.after(ms, run),
        random: (below) => random.int(below),
        unreachable: (of) => this.#raft?.onUnreachable(of),
        dropped: () => this.#meters.raftDropped.add(1),
      });
      this.#peers.set(id, peer);
    }
    return peer;
  }

  async #dial(to: Dialed): Promise<Link> {
    let settle: (link: Link) => void = () => undefined;
    let fail: (error: Error) => void = () => undefined;
    const shaken = new Promise<Link>((resolve, reject) => {
      settle = resolve;
      fail = reject;
    });
    // Rejections before `connect` has resolved are told by the `await` below.
    shaken.catch(() => undefined);
    await this.#options.platform.network.connect(
      to.address,
      (connection) => {
        const link = new Link(this.#host, connection, to);
        this.#links.add(link);
        this.#dials.set(link, { opened: settle, failed: fail });
        return link.handlers;
      },
      limits.connectTimeoutMs,
    );
    return shaken;
  }

  #accept(connection: Connection): ConnectionHandlers {
    const link = new Link(this.#host, connection, undefined);
    this.#meters.acceptConn.add(1);
    this.#links.add(link);
    const room = this.#hosts.opened(link);
    if (!room) {
      this.#meters.refusedConn.add(1);
      this.#strangers.complain(connection.remote, "rpc_max_conns_per_client exceeded");
      link.fail(new KvorumError("unavailable", "Too many connections of one client"));
    } else if (this.#links.size > limits.maxConnections || this.#scope.closed) link.fail(new KvorumError("unavailable", "Too many connections"));
    return link.handlers;
  }

  #refuse(hello: Hello, link: Link): string | undefined {
    if (hello.id === this.#options.id) return `Node id "${hello.id}" is my own`;
    const purpose = link.dialed?.purpose ?? hello.purpose;
    if (link.dialed !== undefined && hello.purpose !== "cluster") return `A ${hello.purpose} answers no calls`;
    if (purpose !== "datacenter" && hello.datacenter !== this.#options.datacenter)
      return `Datacenter "${hello.datacenter}" is not "${this.#options.datacenter}"`;
    return undefined;
  }

  #opened(link: Link, hello: Hello): void {
    if (link.purpose !== "cluster") {
      this.#dials.get(link)?.opened(link);
      this.#dials.delete(link);
      return;
    }
    const moved = this.#book.announced(hello.id) !== hello.address;
    this.#book.note(hello.id, hello.address, "announced");
    this.#peer(hello.id).attach(link);
    this.#dials.get(link)?.opened(link);
    this.#dials.delete(link);
    link.sendBook(this.#book.hearsay());
    // The others hear at once of a server that is new or has moved, so that any two find each other through a third.
    if (moved)
      for (const other of this.#links)
        if (other !== link && other.hello !== undefined && other.purpose === "cluster" && !other.closed) other.sendBook([[hello.id, hello.address]]);
  }

  #heard(entries: unknown): void {
    for (const id of this.#book.hear(entries)) if (id !== this.#options.id) this.#peers.get(id)?.nudge();
  }

  #closed(link: Link, error: Error | undefined): void {
    this.#links.delete(link);
    this.#hosts.closed(link);
    const dial = this.#dials.get(link);
    this.#dials.delete(link);
    dial?.failed(new KvorumError("unavailable", `Cannot reach server at ${link.remote}: ${error === undefined ? "connection closed" : messageOf(error)}`));
    if (link.hello !== undefined && link.purpose === "cluster") this.#left(link.hello.id, link);
  }

  #left(id: NodeId, link: Link): void {
    const peer = this.#peers.get(id);
    peer?.detach(link);
    // Whoever came of its own accord and is no server of this cluster leaves nothing behind.
    if (peer?.link !== undefined || this.#book.configured(id)) return;
    peer?.close();
    this.#peers.delete(id);
    this.#book.forget(id);
  }
}
