import type { Counter, Gauge, Histogram, Metrics } from "../platform/index.ts";
import { COUNTED_EVENT_NAMES_MAX } from "./limits.ts";
import type { MemberChange } from "./types.ts";

/** What is counted of a pool, under Consul's names. Both pools of a server count into the same series, as in Consul. */
export class GossipMetrics {
  readonly udpSent: Counter;
  readonly udpReceived: Counter;
  readonly tcpConnect: Counter;
  readonly tcpAccept: Counter;
  readonly tcpSent: Counter;
  readonly alive: Counter;
  readonly suspect: Counter;
  readonly dead: Counter;
  readonly refuted: Counter;
  readonly probeFailed: Counter;
  readonly onlyStream: Counter;
  readonly heldBack: Counter;
  readonly stalls: Counter;
  readonly badMessages: Counter;
  readonly oldMessages: Counter;
  readonly refused: Counter;
  readonly conflicts: Counter;
  readonly sendFailed: Counter;
  readonly lostItems: Counter;
  readonly streamsRefused: Counter;
  readonly health: Gauge;
  readonly gossip: Histogram;
  readonly probe: Histogram;
  readonly pushPull: Histogram;
  readonly events: Counter;
  readonly queries: Counter;
  readonly messagesReceived: Histogram;
  readonly intentQueue: Histogram;
  readonly eventQueue: Histogram;
  readonly queryQueue: Histogram;
  readonly coordinateAdjustment: Histogram;
  readonly coordinateRejected: Counter;
  readonly snapshotAppend: Histogram;
  readonly snapshotCompact: Histogram;
  readonly #metrics: Metrics;
  readonly #members: Readonly<Record<MemberChange, Counter>>;
  readonly #eventNames = new Map<string, Counter>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    this.udpSent = metrics.counter("memberlist.udp.sent", "Bytes of gossip sent in datagrams");
    this.udpReceived = metrics.counter("memberlist.udp.received", "Bytes of gossip received in datagrams");
    this.tcpConnect = metrics.counter("memberlist.tcp.connect", "Gossip streams opened to others");
    this.tcpAccept = metrics.counter("memberlist.tcp.accept", "Gossip streams opened by others");
    this.tcpSent = metrics.counter("memberlist.tcp.sent", "Bytes of gossip sent in streams");
    this.alive = metrics.counter("memberlist.msg.alive", "Members that came alive or changed");
    this.suspect = metrics.counter("memberlist.msg.suspect", "Suspicions begun");
    this.dead = metrics.counter("memberlist.msg.dead", "Members declared dead or left");
    this.refuted = metrics.counter("memberlist.msg.refuted", "Accusations of this node that it refuted");
    this.probeFailed = metrics.counter("memberlist.degraded.timeout", "Probes that nobody answered");
    this.onlyStream = metrics.counter("memberlist.degraded.probe", "Probes that only a stream answered");
    this.heldBack = metrics.counter("memberlist.degraded.held_back", "Declarations of death put off since the fault seemed to be here");
    this.stalls = metrics.counter("memberlist.degraded.stall", "Times this process stood still");
    this.badMessages = metrics.counter("memberlist.msg.bad", "Messages that could not be read");
    this.oldMessages = metrics.counter("memberlist.msg.old", "Messages about members that were no news: told again, overtaken or replayed");
    this.refused = metrics.counter("memberlist.msg.refused", "Nodes and lists that were not let in");
    this.conflicts = metrics.counter("memberlist.conflict", "Claims of a name that is taken");
    this.sendFailed = metrics.counter("memberlist.udp.failed", "Datagrams the system did not take");
    this.lostItems = metrics.counter("serf.listener.lost", "Events dropped since a listener was too slow");
    this.streamsRefused = metrics.counter("memberlist.tcp.refused", "Streams closed since too much was under way");
    this.health = metrics.gauge("memberlist.health.score", "How unwell this node is: 0 is well");
    this.gossip = metrics.histogram("memberlist.gossip", "Time to hand a round of gossip to the system, milliseconds");
    this.probe = metrics.histogram("memberlist.probeNode", "Time of a probe until its ack, milliseconds");
    this.pushPull = metrics.histogram("memberlist.pushPullNode", "Time of a whole push/pull, milliseconds");
    this.events = metrics.counter("serf.events", "User events seen");
    this.queries = metrics.counter("serf.queries", "Queries seen");
    this.messagesReceived = metrics.histogram("serf.msgs.received", "Sizes of Serf messages received, bytes");
    this.intentQueue = metrics.histogram("serf.queue.Intent", "Intents that wait to be told");
    this.eventQueue = metrics.histogram("serf.queue.Event", "Events that wait to be told");
    this.queryQueue = metrics.histogram("serf.queue.Query", "Queries that wait to be told");
    this.coordinateAdjustment = metrics.histogram("serf.coordinate.adjustment-ms", "How far a round trip moved this node's coordinate, milliseconds");
    this.coordinateRejected = metrics.counter("serf.coordinate.rejected", "Coordinates that could not be used");
    this.snapshotAppend = metrics.histogram("serf.snapshot.appendLine", "Time to write to the file of members, milliseconds");
    this.snapshotCompact = metrics.histogram("serf.snapshot.compact", "Time to write the file of members anew, milliseconds");
    const change = (name: MemberChange, what: string): Counter => metrics.counter(`serf.member.${name}`, `Members that ${what}`);
    this.#members = {
      join: change("join", "joined"),
      leave: change("leave", "left"),
      failed: change("failed", "failed"),
      update: change("update", "changed their tags"),
      reap: change("reap", "were forgotten"),
    };
  }

  member(change: MemberChange): void {
    this.#members[change].add(1);
  }

  event(name: string): void {
    this.events.add(1);
    let counter = this.#eventNames.get(name);
    if (counter === undefined) {
      if (this.#eventNames.size >= COUNTED_EVENT_NAMES_MAX) return;
      counter = this.#metrics.counter(`serf.events.${name}`, "User events of this name seen");
      this.#eventNames.set(name, counter);
    }
    counter.add(1);
  }
}
