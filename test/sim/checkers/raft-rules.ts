import type { Index, NodeId, Term } from "../../../src/base/ids.ts";
import type { Configuration, Entry, HardState } from "../../../src/raft/core/types.ts";
import type { LogWrite, StoredRaft } from "../../../src/raft/index.ts";
import type { SimProcess } from "../engine/process.ts";
import { hashBytes, hashText } from "../engine/random.ts";
import type { Scheduler } from "../engine/scheduler.ts";
import type { RaftImage } from "../ports/raft-image.ts";
import type { StorageWatcher } from "../ports/raft-storage.ts";

interface Mark {
  readonly term: Term;
  /** At least the term in which it was committed, which may be later than its own. */
  readonly committedIn: Term;
}

/** What a server has written or is writing: its log as its disk will have it. */
interface Mirror {
  hardState: HardState;
  entries: Entry[];
  /** What the entry before the first of `entries` had as its term; `undefined` when not known. */
  baseTerm: Term | undefined;
  /** Commands applied and not yet looked at: index and digest. */
  applied: (readonly [index: number, digest: number])[];
}

/** Raft's own promises, checked on what goes to the disks and to the state machines. Raft paper, figure 3. */
export class RaftRules implements StorageWatcher {
  readonly #scheduler: Scheduler;
  readonly #images: ReadonlyMap<NodeId, RaftImage>;
  readonly #idOf: (process: SimProcess) => NodeId;
  /** No two commands are equal, so a command tells which entry it stood in. */
  readonly #commandsDiffer: boolean;
  readonly #leaders = new Map<Term, NodeId>();
  readonly #mirrors = new Map<NodeId, Mirror>();
  readonly #entries = new Map<string, { readonly digest: number; readonly previousTerm: Term | undefined }>();
  readonly #committed: (Mark | undefined)[] = [];
  readonly #chains = new Map<number, number>();
  /** The highest that any server has written. */
  #highestTerm = 0 as Term;
  readonly #inForce = new Map<NodeId, Configuration>();

  constructor(parts: {
    readonly scheduler: Scheduler;
    readonly images: ReadonlyMap<NodeId, RaftImage>;
    readonly idOf: (process: SimProcess) => NodeId;
    readonly commandsDiffer: boolean;
  }) {
    this.#scheduler = parts.scheduler;
    this.#images = parts.images;
    this.#idOf = parts.idOf;
    this.#commandsDiffer = parts.commandsDiffer;
  }

  /** The highest index that any server has applied. */
  get committedUpTo(): number {
    return this.#committed.length - 1;
  }

  /** How many terms had a leader. */
  get terms(): number {
    return this.#leaders.size;
  }

  /** Election safety: at most one leader a term. Raft paper §5.2. */
  leads(id: NodeId, term: Term): void {
    const other = this.#leaders.get(term);
    if (other !== undefined && other !== id) this.#scheduler.fail("election safety", `${other} and ${id} both lead term ${term}`);
    this.#leaders.set(term, id);
  }

  /** A server counts by this configuration from now on. */
  configured(id: NodeId, configuration: Configuration): void {
    this.#inForce.set(id, configuration);
  }

  loaded(process: SimProcess, stored: StoredRaft): void {
    const first = stored.entries[0];
    const baseTerm = first === undefined || first.index === (stored.snapshot?.index ?? 0) + 1 ? (stored.snapshot?.term ?? (0 as Term)) : undefined;
    this.#mirrors.set(this.#idOf(process), { hardState: stored.hardState, entries: [...stored.entries], baseTerm, applied: [] });
  }

  wrote(process: SimProcess, batch: LogWrite): void {
    const id = this.#idOf(process);
    const mirror = this.#mirror(id);
    if (batch.hardState !== undefined) this.#votes(id, mirror, batch.hardState);
    if (batch.truncateFrom !== undefined) this.#truncates(id, mirror, batch.truncateFrom);
    for (const entry of batch.entries) this.#appends(id, mirror, entry);
  }

  /**
   * State-machine safety: `chain` stands for all commands applied up to `index`, or for what this one led to; `digest` for the command.
   * Raft paper §5.4.3.
   */
  appliedCommand(process: SimProcess, applied: { readonly index: Index; readonly chain: number; readonly digest: number }): void {
    const { index, chain, digest } = applied;
    const other = this.#chains.get(index);
    if (other !== undefined && other !== chain)
      this.#scheduler.fail("state-machine safety", `${process.name} differs at index ${index} from who applied it first`);
    this.#chains.set(index, chain);
    this.#mirror(this.#idOf(process)).applied.push([index, digest]);
  }

  /**
   * What is applied is committed. A server may apply what it has not begun to write yet, so its disk is only believed where it
   * holds the very command; by log matching, all before it is committed then as well.
   */
  appliedUpTo(process: SimProcess): void {
    const id = this.#idOf(process);
    const mirror = this.#mirror(id);
    const first = mirror.entries[0]?.index ?? 0;
    for (const [index, digest] of mirror.applied) {
      const entry = mirror.entries[index - first];
      if (entry?.kind !== "command" || digestOf(entry) !== digest) continue;
      for (let at = Math.max(first, Math.min(index, this.#committed.length)); at <= index; at++) this.#commits(id, mirror, at);
    }
    mirror.applied = [];
  }

  #mirror(id: NodeId): Mirror {
    const mirror = this.#mirrors.get(id);
    if (mirror === undefined) throw new Error(`${id} wrote before it loaded`);
    return mirror;
  }

  /** A vote, once given, stands for its term; terms only grow. Raft paper §5.2. */
  #votes(id: NodeId, mirror: Mirror, next: HardState): void {
    const { hardState } = mirror;
    if (next.term < hardState.term) this.#scheduler.fail("terms grow", `${id} goes from term ${hardState.term} to ${next.term}`);
    const changed = hardState.votedFor !== undefined && next.votedFor !== hardState.votedFor;
    if (next.term === hardState.term && changed)
      this.#scheduler.fail("one vote a term", `${id} votes for ${hardState.votedFor} and ${next.votedFor} in term ${next.term}`);
    mirror.hardState = next;
    if (next.term > this.#highestTerm) this.#highestTerm = next.term;
  }

  /** A committed entry is never taken back, unless a snapshot holds it. Raft paper §5.4, §7. */
  #truncates(id: NodeId, mirror: Mirror, from: Index): void {
    const kept = this.#images.get(id)?.snapshots.at(-1)?.meta.index ?? 0;
    for (const entry of mirror.entries) {
      if (entry.index >= from && entry.index > kept && this.#committed[entry.index]?.term === entry.term)
        this.#scheduler.fail("committed entries stay", `${id} removes ${entry.index} of term ${entry.term}`);
    }
    mirror.entries = mirror.entries.filter((entry) => entry.index < from);
  }

  /** Log matching: index and term name one entry and, by induction, all before it. Raft paper §5.3. */
  #appends(id: NodeId, mirror: Mirror, entry: Entry): void {
    const last = mirror.entries.at(-1);
    if (last !== undefined && last.index + 1 !== entry.index) {
      if (last.index >= entry.index) this.#scheduler.fail("log matching", `${id} writes ${entry.index} behind ${last.index}`);
      mirror.entries = [];
      mirror.baseTerm = undefined;
    }
    const previous = mirror.entries.at(-1);
    const seen = { digest: digestOf(entry), previousTerm: previous?.term ?? (entry.index === 1 ? (0 as Term) : undefined) };
    const key = `${entry.term}.${entry.index}`;
    const known = this.#entries.get(key);
    if (known !== undefined && known.digest !== seen.digest)
      this.#scheduler.fail("log matching", `${id} has another entry ${entry.index} of term ${entry.term}`);
    if (known?.previousTerm !== undefined && seen.previousTerm !== undefined && known.previousTerm !== seen.previousTerm) {
      this.#scheduler.fail("log matching", `${id} has another entry before ${entry.index} of term ${entry.term}`);
    }
    if (known?.previousTerm === undefined) this.#entries.set(key, seen);
    mirror.entries.push(entry);
    if (this.#leaders.get(entry.term) === id) this.#leaderHasAll(id, mirror, entry);
  }

  /** Leader completeness: who leads holds every entry that was committed in an earlier term. Raft paper §5.4. */
  #leaderHasAll(id: NodeId, mirror: Mirror, own: Entry): void {
    const beforeOwn = mirror.entries.at(-2);
    if (beforeOwn === undefined || beforeOwn.term === own.term) return;
    const first = mirror.entries[0]?.index ?? 0;
    for (let index = first; index < this.#committed.length; index++) {
      const mark = this.#committed[index];
      if (mark === undefined || mark.committedIn >= own.term) continue;
      const held = mirror.entries[index - first];
      if (held === undefined || held.term !== mark.term)
        this.#scheduler.fail("leader completeness", `${id} leads term ${own.term} without ${index} of term ${mark.term}`);
    }
  }

  #commits(id: NodeId, mirror: Mirror, index: number): void {
    const first = mirror.entries[0]?.index ?? 0;
    const entry = mirror.entries[index - first];
    if (entry === undefined) return;
    const known = this.#committed[index];
    if (known?.term === entry.term) return;
    const synced = this.#isOnQuorum(mirror, entry, { isOther: known !== undefined });
    // Where commands may be equal, this one may be of another entry that is overwritten just now; a quorum does not hold that one.
    if (!synced && !this.#commandsDiffer) return;
    if (known !== undefined) this.#scheduler.fail("state-machine safety", `${id} commits another entry at ${index}`);
    if (!synced) this.#scheduler.fail("durability", `${id} commits ${index} of term ${entry.term} before a quorum has synced it`);
    this.#committed[index] = { term: entry.term, committedIn: this.#highestTerm };
  }

  /**
   * By any configuration that may have counted: the one in force at the entry, one that came later, or one that is not written yet.
   * `isOther`: another entry is known to have been committed there. A snapshot then holds that one, and a configuration that is not known proves nothing.
   */
  #isOnQuorum(mirror: Mirror, entry: Entry, { isOther }: { readonly isOther: boolean }): boolean {
    const configurations: Configuration[] = [];
    const unwritten = [...this.#inForce.values()];
    for (const one of mirror.entries) {
      if (one.kind !== "config") continue;
      if (one.index <= entry.index) configurations.length = 0;
      configurations.push(one.configuration);
    }
    if (configurations.length === 0 && !isOther) return true;
    return [...configurations, ...unwritten].some((configuration) => {
      const voters = configuration.servers.filter((server) => server.suffrage === "voter");
      const holders = voters.filter((voter) => hasSynced(this.#images.get(voter.id), entry, !isOther));
      return holders.length * 2 > voters.length;
    });
  }
}

function hasSynced(image: RaftImage | undefined, entry: Entry, countsSnapshots: boolean): boolean {
  if (image === undefined) return false;
  if (countsSnapshots && (image.snapshots.at(-1)?.meta.index ?? 0) >= entry.index) return true;
  const first = image.entries[0]?.index ?? 0;
  return image.entries[entry.index - first]?.term === entry.term;
}

function digestOf(entry: Entry): number {
  switch (entry.kind) {
    case "command":
      return hashBytes(entry.data);
    case "noop":
      return 1;
    case "config":
      return hashText(JSON.stringify(entry.configuration));
  }
}
