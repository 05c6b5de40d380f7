import { KvorumError, messageOf } from "../base/errors.ts";
import { type Clock, codeOf, dialFault, type Network } from "../platform/index.ts";
import type { Address, PushPull } from "./core/index.ts";
import type { Engine } from "./engine.ts";
import { addressOf, addressText, ipBytes } from "./ip.ts";
import { JOINS_AT_ONCE, PUSH_PULLS_MAX } from "./limits.ts";
import type { GossipMetrics } from "./metrics.ts";
import type { RateLog } from "./rate-log.ts";
import type { Transport } from "./transport.ts";
import type { JoinFault, JoinResult } from "./types.ts";
import { WireError } from "./wire/error.ts";
import { decodeSerf, encodeSerf } from "./wire/serf.ts";

interface Parts {
  readonly engine: Engine;
  readonly transport: () => Transport;
  readonly clock: Clock;
  readonly network: Network;
  readonly metrics: GossipMetrics;
  readonly log: RateLog;
  readonly streamTimeoutMs: number;
  /** For addresses without a port. */
  readonly defaultPort: () => number;
}

/** Push/pulls: the whole lists of two members exchanged, to join and to mend what gossip missed. */
export class PushPulls {
  readonly #parts: Parts;
  #underWay = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Tries them all; one that answers is enough. Rejects never. */
  async join(addresses: readonly string[], ignoreOld: boolean): Promise<JoinResult> {
    const errors: JoinFault[] = [];
    let joined = 0;
    const one = async (address: string): Promise<void> => {
      try {
        for (const target of await this.#targets(address)) {
          await this.exchange(target, { join: true, ignoreOld }).then(
            () => void joined++,
            (error: unknown) => void errors.push({ address, message: joinFault(error, target), resolved: true }),
          );
        }
      } catch (error) {
        errors.push({ address, message: lookupFault(error, address), resolved: false });
      }
    };
    for (let at = 0; at < addresses.length; at += JOINS_AT_ONCE) await Promise.all(addresses.slice(at, at + JOINS_AT_ONCE).map(one));
    return { joined, errors };
  }

  /** Rejects when the other side did not answer, or its list was refused. */
  async exchange(to: Address, options: { readonly join: boolean; readonly ignoreOld: boolean }): Promise<void> {
    const { transport, clock, metrics, streamTimeoutMs } = this.#parts;
    if (this.#underWay >= PUSH_PULLS_MAX) throw new KvorumError("too-many-requests", `${PUSH_PULLS_MAX} push/pulls are under way`);
    const began = clock.now();
    this.#underWay++;
    try {
      const answer = await transport().request(to, this.localState(options.join), streamTimeoutMs);
      if (answer.kind !== "push-pull") throw new KvorumError("unavailable", `A push/pull was answered by "${answer.kind}"`);
      const refusal = this.merge(answer, options.join, options.ignoreOld);
      if (refusal !== undefined) throw new KvorumError("conflict", refusal);
      metrics.pushPull.observe(clock.now() - began);
    } finally {
      this.#underWay--;
    }
  }

  localState(join: boolean): PushPull {
    const { gossip, serf } = this.#parts.engine;
    return { kind: "push-pull", join, nodes: gossip.localState(), userState: encodeSerf(serf.localState()) };
  }

  /** Why the other side's list was not taken over; `undefined` when it was. */
  merge(message: PushPull, join: boolean, ignoreOld: boolean): string | undefined {
    const { engine, metrics, log } = this.#parts;
    const effects = engine.step({ kind: "merge", join, nodes: message.nodes });
    const refusal = effects.find((effect) => effect.kind === "merge-refused");
    if (refusal !== undefined) return `Member "${refusal.name}" is refused: ${refusal.reason}`;
    if (message.userState.length === 0) return undefined;
    try {
      const state = decodeSerf(message.userState);
      if (state.kind === "state") engine.serfStep({ kind: "merge", state, ignoreOld });
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      metrics.badMessages.add(1);
      log.warn("serf", "The Serf part of a list could not be read", { error: error.message });
    }
    return undefined;
  }

  async #targets(text: string): Promise<readonly Address[]> {
    const { network, defaultPort } = this.#parts;
    const { host, port } = splitJoinAddress(text, defaultPort());
    const ips = ipBytes(host) === undefined ? await network.resolve(host) : [host];
    return ips.filter((ip) => ipBytes(ip) !== undefined).map((ip) => addressOf(ip, port));
  }
}

/** Why somebody could not be joined; where there was no connection, in the words that Consul has from Go. */
function joinFault(error: unknown, to: Address): string {
  const dialled = error instanceof Error && error.message.startsWith("Cannot connect to");
  if (!dialled) return messageOf(error);
  return codeOf(error.cause) === "" ? `dial tcp ${addressText(to)}: i/o timeout` : dialFault(error, addressText(to));
}

/** Why an address could not be resolved, in the words that Consul has from Go where they are not the system's. */
function lookupFault(error: unknown, address: string): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const unknown = address.trim() === "" || codeOf(cause) === "ENOTFOUND" || codeOf(cause) === "EAI_AGAIN";
  const host = address.slice(address.lastIndexOf("/") + 1).replace(/:\d+$/, "");
  return unknown ? `lookup ${host}: no such host` : messageOf(error);
}

/** Parts of `ip`, `ip:port`, `host`, `host:port`, `[v6]:port`, each perhaps after `name/`. Throws `bad-request`. */
export function splitJoinAddress(text: string, defaultPort: number): { readonly host: string; readonly port: number } {
  const address = text.slice(text.lastIndexOf("/") + 1);
  if (ipBytes(address) !== undefined) return { host: address, port: defaultPort };
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (host === undefined || port < 1 || port > 65_535) throw new KvorumError("bad-request", `Cannot join "${text}": it is not an address`);
  return { host, port };
}
