import { messageOf } from "../../base/errors.ts";
import { type Client, createSession, destroySession, renewSession, type SessionRequest } from "../../client/index.ts";
import { pause } from "../pause.ts";

/** TTL of lock sessions, as Consul's. */
const TTL = "15s";
const RENEW_EVERY_MS = 7_500;
/** A renewal that fails is tried again this soon: half the TTL is left by then. */
const RETRY_EVERY_MS = 1_000;

/** A session that is renewed until it is closed; closing destroys it. */
export class KeptSession implements AsyncDisposable {
  readonly id: string;
  /** Aborted when the session is gone although nobody closed it. */
  readonly lost: AbortSignal;
  readonly #client: Client;
  readonly #stop = new AbortController();
  readonly #renewing: Promise<void>;

  private constructor(client: Client, id: string) {
    this.#client = client;
    this.id = id;
    const lost = new AbortController();
    this.lost = lost.signal;
    this.#renewing = this.#renew(lost);
  }

  static async create(client: Client, request: Omit<SessionRequest, "ttl">): Promise<KeptSession> {
    return new KeptSession(client, await createSession(client, { ...request, ttl: TTL }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#renewing;
    await destroySession(this.#client, this.id).catch(messageOf); // unreachable: its TTL ends it
  }

  async #renew(lost: AbortController): Promise<void> {
    let waitMs = RENEW_EVERY_MS;
    for (;;) {
      await pause(waitMs, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      try {
        if (!(await renewSession(this.#client, this.id))) {
          lost.abort();
          return;
        }
        waitMs = RENEW_EVERY_MS;
      } catch {
        waitMs = RETRY_EVERY_MS; // whether it is lost is for the watch on the lock to find out
      }
    }
  }
}
