import { BadRequestError, KvorumError } from "../base/errors.ts";
import { LinearPattern } from "../base/linear-pattern.ts";
import { decodeUserEvent, encodeUserEvent, type PoolEvent, type UserEventBody, userEventMeans } from "../gossip/index.ts";
import type { Backend } from "../model/index.ts";
import type { Logger, Random } from "../platform/index.ts";
import { EVENTS_KEPT } from "./limits.ts";
import { REMOTE_EXEC_EVENT } from "./remote-exec.ts";

/** A service of this agent, as far as filters of events look at it. */
export interface AgentService {
  readonly name: string;
  readonly tags: readonly string[];
}

/** A user event with the time of the pool at which it came; 0 for one that is only about to be sent. */
export interface UserEvent extends UserEventBody {
  readonly ltime: bigint;
}

export interface UserEventsOptions {
  readonly nodeName: string;
  /** The services of this agent at the time it is asked. */
  readonly services: () => readonly AgentService[];
  /** Sends events: any server of their datacenter passes them on to its pool. */
  readonly backend: Pick<Backend, "call">;
  readonly random: Random;
  /** Takes what is asked of this agent by `exec`; missing: it is off. */
  readonly remoteExec?: (event: Pick<UserEventBody, "id" | "payload">) => void;
  readonly logger: Logger;
}

interface Wanted extends Pick<UserEventBody, "name" | "payload" | "nodeFilter" | "serviceFilter" | "tagFilter"> {
  /** Empty: our own. */
  readonly datacenter: string;
  readonly token: string;
}

const VERSION = 1;

/** The user events of an agent: it sends them, keeps the last ones that meant it, and wakes who waits for the next. Consul api-docs, event. */
export class UserEvents {
  readonly #with: UserEventsOptions;
  readonly #recent: UserEvent[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(options: UserEventsOptions) {
    this.#with = options;
  }

  /** Resolves when the event is on its way. Rejects with `bad-request` without a name, with `internal` and Consul's texts for a filter at fault or too long an event. */
  async fire({ datacenter, token, ...event }: Wanted): Promise<UserEvent> {
    if (event.name === "") throw new BadRequestError("User event missing name");
    checkFilters(event);
    const id = uuid(this.#with.random);
    await this.#with.backend.call("Event.Fire", { ...encodeUserEvent({ ...event, id }), options: { datacenter, token } });
    return { ...event, id, version: VERSION, ltime: 0n };
  }

  /** Takes what comes from the pool; what is no user event, or means others, is passed over. */
  receive(event: Pick<PoolEvent, "name" | "payload" | "ltime">): void {
    const body = decodeUserEvent(event);
    if (body === undefined) return;
    const { nodeName, services, logger, remoteExec } = this.#with;
    if (!userEventMeans(body, { node: nodeName, services: body.serviceFilter === "" ? [] : services() })) return;
    if (body.name === REMOTE_EXEC_EVENT) {
      if (remoteExec === undefined) logger.info("Ignoring remote exec event, disabled", { id: body.id });
      else remoteExec(body);
      return; // no news for anybody else
    }
    logger.debug("New event", { name: body.name, id: body.id });
    this.#recent.push({ ...body, ltime: event.ltime });
    if (this.#recent.length > EVENTS_KEPT) this.#recent.shift();
    const woken = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of woken) wake();
  }

  /** Oldest first. */
  recent(): readonly UserEvent[] {
    return [...this.#recent];
  }

  /** Calls once, when the next event that means this agent has been kept. */
  onNext(run: () => void): Disposable {
    const wake = (): void => run(); // a function of its own for every wait, should one ask twice
    this.#waiting.add(wake);
    return { [Symbol.dispose]: () => void this.#waiting.delete(wake) };
  }
}

function checkFilters({ nodeFilter, serviceFilter, tagFilter }: Wanted | Omit<Wanted, "datacenter" | "token">): void {
  if (tagFilter !== "" && serviceFilter === "") throw new KvorumError("internal", "Cannot provide tag filter without service filter");
  for (const [what, filter] of Object.entries({ node: nodeFilter, service: serviceFilter, tag: tagFilter })) {
    const fault = filter === "" ? undefined : LinearPattern.fault(filter);
    if (fault !== undefined) throw new KvorumError("internal", `Invalid ${what} filter: ${fault}`);
  }
}

/** 16 random bytes in the form of a UUID; no version is marked, as in Consul. */
function uuid(random: Random): string {
  const hex = Buffer.from(random.bytes(16)).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
