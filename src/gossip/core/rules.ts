import { HELD_BACK_FROM_MEMBERS, HELD_BACK_MAX, INCARNATION_MAX, MEMBERS_MAX } from "./limits.ts";
import { type MemberRow, memberOf, sameAddress, sameBytes } from "./members.ts";
import type { Alive, Dead, PushPullNode, Suspect } from "./messages.ts";
import type { Shared } from "./shared.ts";
import { Suspicion } from "./suspicion.ts";
import { suspicionMaxMs } from "./timing.ts";
import type { GossipOptions } from "./types.ts";

const NO_BYTES = new Uint8Array();

/** What alive, suspect and dead messages do to what this node believes. SWIM §4.2 and memberlist's own rules of precedence. */
export class Rules {
  readonly #shared: Shared;
  /** When this node itself declared somebody dead, of late. */
  #declaredMs: number[] = [];

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  /** Tells everybody of this node as it is now. */
  announce(): void {
    const { self } = this.#shared;
    this.#broadcast(self.name, {
      kind: "alive",
      incarnation: self.incarnation,
      node: self.name,
      addr: self.ip,
      port: self.port,
      meta: self.meta,
      versions: self.versions,
    });
  }

  updateMeta(meta: Uint8Array): void {
    const { self } = this.#shared;
    self.meta = meta;
    self.incarnation = Math.min(self.incarnation + 1, INCARNATION_MAX);
    this.announce();
    this.#shared.effects.push({ kind: "member", change: "update", member: memberOf(self) });
  }

  /** A dead message about ourselves from ourselves: we go in peace. `left` comes when it has been told its full number of times. */
  leave(): void {
    const { self, members, effects, nowMs } = this.#shared;
    if (this.#shared.leaving) return;
    this.#shared.leaving = true;
    members.setState(self, "left", { nowMs });
    effects.push({ kind: "member", change: "leave", member: memberOf(self) });
    const gone = (): void => void this.#shared.effects.push({ kind: "left" });
    if (members.aliveCount === 0) effects.push({ kind: "left" });
    else this.#broadcast(self.name, { kind: "dead", incarnation: self.incarnation, node: self.name, from: self.name }, gone);
  }

  alive(message: Alive): void {
    const { members, self, options, nowMs } = this.#shared;
    if (message.node === self.name && this.#shared.leaving) return;
    if (!areVersionsSane(message.versions) || !isAddress(message.addr) || message.node === "") return;
    const reason = options.refuse?.(message);
    if (reason !== undefined) return void this.#shared.effects.push({ kind: "refused", name: message.node, reason });
    const known = members.get(message.node);
    if (known === undefined && members.size >= MEMBERS_MAX)
      return void this.#shared.effects.push({ kind: "refused", name: message.node, reason: `${MEMBERS_MAX} members are known already` });
    const address = { ip: message.addr ?? NO_BYTES, port: message.port === 0 ? self.port : message.port };
    const row = known ?? this.#stranger(message.node, address);
    const moved = known !== undefined && !sameAddress(known, address);
    if (moved && !this.#mayMove(known)) return void this.#shared.effects.push({ kind: "conflict", existing: memberOf(known), other: message });
    if (row === self) return this.#aboutSelf(message);
    if (!moved && message.incarnation <= row.incarnation) return void this.#shared.old++;
    const was = row.state;
    const changed = !sameBytes(row.meta, message.meta);
    row.ip = address.ip;
    row.port = address.port;
    row.meta = message.meta;
    row.versions = message.versions;
    row.incarnation = message.incarnation;
    members.setState(row, "alive", { nowMs });
    this.#broadcast(row.name, message);
    const back = was === "dead" || was === "left";
    if (back) this.#shared.effects.push({ kind: "member", change: "join", member: memberOf(row) });
    else if (changed) this.#shared.effects.push({ kind: "member", change: "update", member: memberOf(row) });
  }

  suspect(message: Suspect): void {
    const { members, self, options, nowMs } = this.#shared;
    const row = members.get(message.node);
    if (row === undefined || message.incarnation < row.incarnation) return void this.#shared.old++;
    if (row.suspicion !== undefined) {
      if (!row.suspicion.confirm(message.from)) return void this.#shared.old++;
      this.#shared.effects.push({ kind: "note", note: "confirmed", name: row.name });
      return this.#broadcast(row.name, message);
    }
    if (row.state !== "alive") return;
    if (row === self) return this.#refute(message.incarnation);
    row.incarnation = message.incarnation;
    const suspicion = new Suspicion(options.timing, { n: members.size, from: message.from, nowMs });
    members.setState(row, "suspect", { nowMs, suspicion });
    this.#broadcast(row.name, message);
    this.#shared.effects.push({ kind: "note", note: "suspected", name: row.name });
  }

  dead(message: Dead): void {
    const { members, self, nowMs } = this.#shared;
    const row = members.get(message.node);
    if (row === undefined || message.incarnation < row.incarnation || row.state === "dead" || row.state === "left") return void this.#shared.old++;
    if (row === self && !this.#shared.leaving) return this.#refute(message.incarnation);
    row.incarnation = message.incarnation;
    members.setState(row, message.from === message.node ? "left" : "dead", { nowMs });
    this.#broadcast(row.name, message);
    this.#shared.effects.push({ kind: "member", change: "leave", member: memberOf(row) });
  }

  /** Suspicions whose time is up: nobody has spoken for the member. */
  expireSuspicions(): void {
    const { members, self, nowMs } = this.#shared;
    const due = [...members.suspects].filter(({ suspicion }) => suspicion !== undefined && suspicion.deadlineMs <= nowMs);
    if (due.length === 0) return;
    const doubtful = this.#isDoubtful(due.length);
    for (const row of due) {
      const { suspicion } = row;
      // somebody else has seen it too, or it has waited long enough: then it is not us
      if (doubtful && suspicion !== undefined && suspicion.accusers.length < 2 && suspicion.heldBack < HELD_BACK_MAX) {
        suspicion.holdBack();
        this.#shared.effects.push({ kind: "note", note: "held-back", name: row.name });
        continue;
      }
      this.#declaredMs.push(nowMs);
      this.dead({ kind: "dead", incarnation: row.incarnation, node: row.name, from: self.name });
    }
  }

  /** When a node in its worst health is about to have declared half of the pool dead in short time, the fault is likely its own. */
  #isDoubtful(due: number): boolean {
    const { members, options, awareness, nowMs } = this.#shared;
    const { timing } = options;
    if (timing.plainSwim === true || awareness.score < timing.awarenessMax - 1) return false;
    const windowMs = suspicionMaxMs(timing, members.size);
    this.#declaredMs = this.#declaredMs.filter((ms) => nowMs - ms < windowMs);
    const others = members.aliveCount - 1 + this.#declaredMs.length;
    return others + 1 >= HELD_BACK_FROM_MEMBERS && 2 * (this.#declaredMs.length + due) > others;
  }

  /** The other side's list. Its dead are only suspects to us: they may be alive to others. */
  merge(nodes: readonly PushPullNode[], join: boolean): void {
    const { self, options, effects } = this.#shared;
    const refusal = versionsRefusal([...this.#shared.members.rows(), ...nodes]) ?? (join ? firstRefusal(nodes, options) : undefined);
    if (refusal !== undefined) return void effects.push({ kind: "merge-refused", name: refusal.name, reason: refusal.reason });
    for (const node of nodes) {
      if (node.state === "alive")
        this.alive({
          kind: "alive",
          incarnation: node.incarnation,
          node: node.name,
          addr: node.addr,
          port: node.port,
          meta: node.meta,
          versions: node.versions,
        });
      else if (node.state === "left") this.dead({ kind: "dead", incarnation: node.incarnation, node: node.name, from: node.name });
      else this.suspect({ kind: "suspect", incarnation: node.incarnation, node: node.name, from: self.name });
    }
  }

  #aboutSelf(message: Alive): void {
    const { self } = this.#shared;
    if (message.incarnation < self.incarnation) return;
    const same = message.incarnation === self.incarnation && sameBytes(message.meta, self.meta) && sameBytes(message.versions, self.versions);
    if (!same) this.#refute(message.incarnation);
  }

  /** Only the accused raises its incarnation: above the accusation, so that it outranks it everywhere. */
  #refute(accused: number): void {
    const { self, awareness, effects } = this.#shared;
    self.incarnation = Math.min(Math.max(self.incarnation, accused) + 1, INCARNATION_MAX);
    awareness.change(1);
    this.announce();
    effects.push({ kind: "note", note: "refuted", name: self.name });
  }

  #stranger(name: string, address: { readonly ip: Uint8Array; readonly port: number }): MemberRow {
    const { members, nowMs } = this.#shared;
    const row: MemberRow = { name, ...address, meta: undefined, versions: undefined, incarnation: 0, state: "dead", sinceMs: nowMs, suspicion: undefined };
    members.add(row);
    return row;
  }

  /** Whether another machine may take a name over: its holder has left, or is dead for long enough. */
  #mayMove(row: MemberRow): boolean {
    const { options, nowMs } = this.#shared;
    if (row.state === "left") return true;
    return row.state === "dead" && options.timing.reclaimMs > 0 && nowMs - row.sinceMs > options.timing.reclaimMs;
  }

  #broadcast(key: string, message: Alive | Suspect | Dead, done?: () => void): void {
    const bytes = this.#shared.options.encode(message);
    this.#shared.queue.add(done === undefined ? { key, bytes } : { key, bytes, done });
  }
}

function isAddress(ip: Uint8Array | undefined): boolean {
  return ip?.length === 4 || ip?.length === 16;
}

/** All six must be there: one member without versions would have every push/pull of the pool refused. */
function areVersionsSane(versions: Uint8Array | undefined): boolean {
  if (versions === undefined || versions.length < 6) return false;
  const [min = 0, max = 0] = versions;
  return min !== 0 && max !== 0 && min <= max;
}

function firstRefusal(nodes: readonly PushPullNode[], { refuse, refuseList }: GossipOptions): { name: string; reason: string } | undefined {
  for (const node of nodes) {
    if (node.state === "left" || node.state === "dead") continue;
    const reason = refuse?.(node);
    if (reason !== undefined) return { name: node.name, reason };
  }
  const reason = refuseList?.(nodes);
  return reason === undefined ? undefined : { name: nodes[0]?.name ?? "", reason };
}

interface Versioned {
  readonly name: string;
  readonly state: string;
  readonly versions: Uint8Array | undefined;
}

/** Everybody alive must speak a version that everybody alive understands, of memberlist (bytes 0 to 2) and of Serf (3 to 5). */
function versionsRefusal(all: readonly Versioned[]): { name: string; reason: string } | undefined {
  const alive = all.filter(({ state }) => state === "alive");
  for (const at of [0, 3]) {
    const lowest = Math.max(0, ...alive.map(({ versions }) => versions?.[at] ?? 0));
    const highest = Math.min(0xff, ...alive.map(({ versions }) => versions?.[at + 1] ?? 0));
    const stranger = all.find(({ versions }) => (versions?.[at + 2] ?? 0) < lowest || (versions?.[at + 2] ?? 0) > highest);
    if (stranger !== undefined) {
      const what = at === 0 ? "memberlist" : "Serf";
      return { name: stranger.name, reason: `${what} version ${stranger.versions?.[at + 2] ?? 0} is outside what all understand, ${lowest} to ${highest}` };
    }
  }
  return undefined;
}
