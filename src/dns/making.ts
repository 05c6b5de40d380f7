import type { Found, Wish } from "./lookups.ts";
import type { DnsRecord } from "./records.ts";
import type { DnsPlace, DnsSettings } from "./settings.ts";

/** An answer in the making: it asks for what it needs to know, one thing after another, and is given it at once or later. */
export type Making<T> = Generator<Wish, T, Found>;

/** What an answer is made with besides the question. */
export interface Circumstances {
  readonly place: DnsPlace;
  readonly settings: DnsSettings;
  readonly transport: "udp" | "tcp";
  /** IP address of the client. */
  readonly clientIp: string;
  /** Seconds since 1970, for the serial number. */
  readonly nowS: number;
  /** A whole number from 0 to `below` - 1, evenly. */
  readonly chance: (below: number) => number;
}

/** The same while a name is answered: how an alias is followed from here. */
export interface Answering extends Circumstances {
  /** Records of a name that another one stands for: within the domain by an answer of its own, else from the recursors. */
  readonly follow: (name: string) => Making<readonly DnsRecord[]>;
}

/** The list in another order, each as likely as any. */
export function shuffled<T>(list: readonly T[], chance: Circumstances["chance"]): readonly T[] {
  const copy = [...list];
  for (let at = copy.length - 1; at > 0; at--) {
    const other = chance(at + 1);
    [copy[at], copy[other]] = [copy[other] as T, copy[at] as T];
  }
  return copy;
}
