import type { Link } from "./link.ts";

/** Counts the connections of each host that calls here, so that none takes the room of the others. */
export class HostLimit {
  readonly #byHost = new Map<string, Set<Link>>();
  #max: number;

  /** @param max 0: no limit */
  constructor(max: number) {
    this.#max = max;
  }

  change(max: number): void {
    this.#max = max;
  }

  /** False when this one is too many; it counts until it is closed all the same. */
  opened(link: Link): boolean {
    const host = hostOf(link);
    const open = this.#byHost.get(host) ?? new Set();
    this.#byHost.set(host, open.add(link));
    return this.#max === 0 || open.size <= this.#max;
  }

  closed(link: Link): void {
    const host = hostOf(link);
    const open = this.#byHost.get(host);
    open?.delete(link);
    if (open?.size === 0) this.#byHost.delete(host);
  }
}

function hostOf({ remote }: Link): string {
  return remote.slice(0, remote.lastIndexOf(":"));
}
