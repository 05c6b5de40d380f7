import { unreachable } from "../base/assert.ts";
import { KvorumError, messageOf } from "../base/errors.ts";
import type { Gossip, KeyResult } from "../gossip/index.ts";
import type { KeyringAnswer, KeyringOperation } from "../model/index.ts";

const KEY_SIZES = [16, 24, 32];

export interface KeyringQuestion {
  readonly operation: KeyringOperation;
  /** Empty for `list`. */
  readonly key: Uint8Array;
  readonly relayFactor: number;
  readonly wan: boolean;
  readonly datacenter: string;
}

/** Asks every member of a pool about its gossip keys; what goes wrong stands in the answer, in Consul's words. Consul api-docs, operator/keyring. */
export async function askKeys(pool: Pick<Gossip, "keys" | "members" | "encrypted">, question: KeyringQuestion): Promise<KeyringAnswer> {
  const { wan, datacenter, operation, key } = question;
  const place = { wan, datacenter, segment: "" };
  const nodes = pool.members().filter(({ status }) => status === "alive");
  if (pool.encrypted && operation !== "list" && !KEY_SIZES.includes(key.length)) {
    // No pool would take it: what each of its members would say.
    const messages = Object.fromEntries(nodes.map(({ name }) => [name, "key size must be 16, 24 or 32 bytes"]));
    return { ...place, messages, keys: {}, primaryKeys: {}, nodes: nodes.length, error: `${nodes.length}/${nodes.length} nodes reported failure` };
  }
  try {
    const result = await run(pool, question);
    const { messages, keys, primaryKeys } = result;
    return {
      ...place,
      messages: Object.fromEntries(messages),
      keys: Object.fromEntries(keys),
      primaryKeys: Object.fromEntries(primaryKeys),
      nodes: result.nodes,
      error: complaintOf(result),
    };
  } catch (error) {
    if (!(error instanceof KvorumError)) throw error;
    return { ...place, messages: {}, keys: {}, primaryKeys: {}, nodes: nodes.length, error: messageOf(error) };
  }
}

function run({ keys, encrypted }: Pick<Gossip, "keys" | "encrypted">, { operation, key, relayFactor }: KeyringQuestion): Promise<KeyResult> {
  const options = { relayFactor };
  // Members without encryption refuse whatever key: one of a size that may be sent stands for it.
  const sent = encrypted || KEY_SIZES.includes(key.length) ? key : new Uint8Array(16);
  switch (operation) {
    case "list":
      return keys.list(options);
    case "install":
      return keys.install(sent, options);
    case "use":
      return keys.use(sent, options);
    case "remove":
      return keys.remove(sent, options);
    default:
      return unreachable(operation);
  }
}

function complaintOf({ nodes, answers, errors }: KeyResult): string {
  if (errors > 0) return `${errors}/${nodes} nodes reported failure`;
  return answers < nodes ? `${answers}/${nodes} nodes reported success` : "";
}
