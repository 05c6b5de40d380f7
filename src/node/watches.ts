import type { JsonObject } from "../base/json.ts";
import type { Scope } from "../base/scope.ts";
import { Client, readBlocking } from "../client/index.ts";
import type { RuntimeConfig } from "../config/index.ts";
import type { HttpServer } from "../http/index.ts";
import { parseAddress } from "../platform/index.ts";
import { type AgentWatch, checkReachable, decodeWatches, Watches } from "../watch/index.ts";
import type { NodeOptions } from "./options.ts";

/** The watches of a configuration. Throws `config` with Consul's words when one is at fault, or when they could ask nobody. */
export function watchesOf({ watches, http }: RuntimeConfig): readonly AgentWatch[] {
  const decoded = decodeWatches(watches as readonly JsonObject[]);
  checkReachable(decoded, http.listen);
  return decoded;
}

/** Begins the watches of this agent: they ask at its own HTTP door, as any program would. */
export async function startWatches(http: HttpServer, { config, platform }: NodeOptions, scope: Scope): Promise<Watches> {
  const address = ownDoor(http.addresses[0] ?? "");
  const watches = scope.use(
    await Watches.open({
      folder: config.dataDir,
      platform,
      logger: platform.log.logger.named("watch"),
      askerWith: (token) => {
        const client = new Client({ address, token });
        return { ask: (question, options) => readBlocking(client, question, options), [Symbol.dispose]: () => client[Symbol.dispose]() };
      },
    }),
  );
  await watches.configure(watchesOf(config));
  return watches;
}

/** Where this process reaches a door that listens on all addresses. */
function ownDoor(bound: string): string {
  if (bound.startsWith("unix:")) return bound;
  const { host, port } = parseAddress(bound);
  if (host === "0.0.0.0") return `127.0.0.1:${port}`;
  return host === "::" ? `[::1]:${port}` : bound;
}
