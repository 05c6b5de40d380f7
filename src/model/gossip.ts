/** What is to be done with the gossip keys of a cluster. Consul api-docs, operator/keyring. */
export type KeyringOperation = "list" | "install" | "use" | "remove";

/** What the members of one pool answered to a keyring operation. */
export interface KeyringAnswer {
  readonly wan: boolean;
  readonly datacenter: string;
  readonly segment: string;
  /** What members had to say, by their names. */
  readonly messages: Readonly<Record<string, string>>;
  /** Base64 keys and how many members hold them; filled by `list`. */
  readonly keys: Readonly<Record<string, number>>;
  /** Base64 primary keys and how many members use them; filled by `list`. */
  readonly primaryKeys: Readonly<Record<string, number>>;
  readonly nodes: number;
  /** Why it did not come about on all members; empty: it did. */
  readonly error: string;
}
