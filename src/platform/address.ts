import { BadRequestError } from "../base/errors.ts";

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Parts of `10.0.0.1:8300` or `[::1]:8300`. Throws `bad-request` for anything else; names are let through, as they may resolve. */
export function parseAddress(address: string): HostPort {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !(port <= 65_535)) throw new BadRequestError(`Cannot read address "${address}": it is not host:port`);
  return { host, port };
}

export function formatAddress(host: string | undefined, port: number | undefined): string {
  const name = host ?? "?";
  return `${name.includes(":") ? `[${name}]` : name}:${port ?? 0}`;
}
