import { BlockList, isIP } from "node:net";
import { KvorumError } from "../base/errors.ts";
import type { HttpConfig } from "./ports.ts";

/** Who may do what by configuration: `http_config.block_endpoints` and `allow_write_http_from`. */
export class Gate {
  readonly #blocked: readonly string[];
  readonly #writers: BlockList | undefined;

  constructor(config: Pick<HttpConfig, "blockEndpoints" | "allowWriteHttpFrom">) {
    this.#blocked = config.blockEndpoints;
    this.#writers = config.allowWriteHttpFrom.length === 0 ? undefined : networks(config.allowWriteHttpFrom);
  }

  blocks(path: string): boolean {
    return this.#blocked.length > 0 && this.#blocked.some((prefix) => path.startsWith(prefix));
  }

  /** Throws `permission-denied` when this client may only read. */
  checkWrite(remoteAddress: string | undefined): void {
    if (this.#writers === undefined) return;
    const address = plainAddress(remoteAddress ?? "");
    if (isIP(address) === 0 || !this.#writers.check(address, isIP(address) === 6 ? "ipv6" : "ipv4")) {
      throw new KvorumError("permission-denied", "Access is restricted");
    }
  }
}

/** An IPv4 address as such, also when it came to a socket for both. */
export function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

/** Throws `config` for what is no network. */
function networks(blocks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const block of blocks) {
    const [address = "", bits = ""] = block.split("/");
    const family = isIP(address);
    const prefix = Number(bits);
    if (family === 0 || bits === "" || !Number.isInteger(prefix) || prefix < 0 || prefix > (family === 4 ? 32 : 128)) {
      throw new KvorumError("config", `Cannot read the network ${JSON.stringify(block)} in allow_write_http_from`);
    }
    list.addSubnet(address, prefix, family === 6 ? "ipv6" : "ipv4");
  }
  return list;
}
