import { messageOf } from "../base/errors.ts";
import type { Index, NodeId } from "../base/ids.ts";
import type { Clock, MonotonicMs } from "../platform/index.ts";
import type { Entry, HardState, Persist, RaftMessage } from "./core/index.ts";
import type { RaftLog } from "./ports.ts";

interface Write {
  readonly kind: "write";
  sequence: number;
  hardState: HardState | undefined;
  truncateFrom: Index | undefined;
  entries: readonly Entry[];
  /** Whether `entries` is this queue's own array. */
  own: boolean;
}
type Job = Write | { readonly kind: "compact"; readonly upTo: Index };

export interface DiskQueueOptions {
  readonly log: RaftLog;
  readonly clock: Clock;
  readonly release: (to: NodeId, message: RaftMessage) => void;
  readonly persisted: (sequence: number, tookMs: number, entries: number) => void;
  /** Once; nothing is written or released afterwards. */
  readonly failed: (error: unknown) => void;
  /** A fault of ours in one of the calls above. */
  readonly broken: (error: unknown) => void;
}

/** One write under way, the next being gathered: what a turn asks for becomes one sync. Holds what must not leave before. */
export class DiskQueue {
  readonly #options: DiskQueueOptions;
  readonly #jobs: Job[] = [];
  #held: { readonly after: number; readonly to: NodeId; readonly message: RaftMessage }[] = [];
  #asked = 0;
  #done = 0;
  #startedAt: MonotonicMs | undefined;
  #pumping: Promise<void> | undefined;
  #state: "open" | "failed" | "closed" = "open";

  constructor(options: DiskQueueOptions) {
    this.#options = options;
  }

  /** Whether anything is being written or waits to be. */
  get busy(): boolean {
    return this.#pumping !== undefined;
  }

  /** When the write under way began. */
  get startedAt(): MonotonicMs | undefined {
    return this.#startedAt;
  }

  /** Asks for a write. Gathered with those that wait, unless a cut of the log lies between. */
  persist(effect: Persist): void {
    this.#asked = effect.sequence;
    const last = this.#jobs[this.#jobs.length - 1];
    if (last?.kind === "write") merge(last, effect);
    else this.#jobs.push({ ...effect, kind: "write", own: false });
    this.#kick();
  }

  compact(upTo: Index): void {
    this.#jobs.push({ kind: "compact", upTo });
    this.#kick();
  }

  /** Sends now if everything asked for is on disk, otherwise as soon as it is. */
  sendPersisted(to: NodeId, message: RaftMessage): void {
    if (this.#state !== "open") return;
    if (this.#done === this.#asked) this.#options.release(to, message);
    else this.#held.push({ after: this.#asked, to, message });
  }

  /** Takes nothing more on; resolves when the work under way has ended. */
  async close(): Promise<void> {
    if (this.#state === "open") this.#state = "closed";
    this.#jobs.length = 0;
    this.#held = [];
    await this.#pumping;
  }

  #kick(): void {
    if (this.#pumping !== undefined || this.#state !== "open") return;
    // In a microtask, so that all that this turn asks for goes in one write.
    this.#pumping = Promise.resolve()
      .then(() => this.#pump())
      .catch((error: unknown) => this.#options.broken(error))
      .finally(() => {
        this.#pumping = undefined;
        if (this.#jobs.length > 0) this.#kick();
      });
  }

  async #pump(): Promise<void> {
    for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) {
      const { clock, log } = this.#options;
      const begun = clock.now();
      this.#startedAt = begun;
      try {
        await (job.kind === "write" ? log.write(job) : log.compact(job.upTo));
      } catch (error) {
        this.#fail(error);
        return;
      } finally {
        this.#startedAt = undefined;
      }
      if (this.#state !== "open") return;
      if (job.kind === "write") this.#wrote(job, clock.now() - begun);
    }
  }

  #wrote(job: Write, tookMs: number): void {
    this.#done = job.sequence;
    if (this.#held.length > 0) {
      const held = this.#held;
      this.#held = [];
      for (const each of held) {
        if (each.after <= job.sequence) this.#options.release(each.to, each.message);
        else this.#held.push(each);
      }
    }
    this.#options.persisted(job.sequence, tookMs, job.entries.length);
  }

  #fail(error: unknown): void {
    this.#jobs.length = 0;
    this.#held = [];
    if (this.#state !== "open") return;
    this.#state = "failed";
    this.#options.failed(error instanceof Error ? error : new Error(messageOf(error)));
  }
}

/** The two in one: what the later one truncates is not written at all. */
function merge(write: Write, later: Persist): void {
  write.sequence = later.sequence;
  write.hardState = later.hardState ?? write.hardState;
  const { truncateFrom } = later;
  const first = write.entries[0]?.index;
  if (truncateFrom !== undefined) {
    if (first === undefined || truncateFrom <= first) {
      write.truncateFrom = write.truncateFrom === undefined || truncateFrom < write.truncateFrom ? truncateFrom : write.truncateFrom;
      write.entries = [];
      write.own = false;
    } else {
      write.entries = write.entries.slice(0, truncateFrom - first);
      write.own = true;
    }
  }
  if (later.entries.length === 0) return;
  if (write.entries.length === 0) {
    write.entries = later.entries;
    write.own = false;
    return;
  }
  const entries = write.own ? (write.entries as Entry[]) : [...write.entries];
  for (const entry of later.entries) entries.push(entry);
  write.entries = entries;
  write.own = true;
}
