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

/** A member of the cluster, as gossip (or, before it, raft's configuration) knows it. Consul api-docs, agent/members. */
export interface AgentMember {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Serf's number: 1 alive, 2 leaving, 3 left, 4 failed. */
  readonly status: number;
  readonly protocolMin: number;
  readonly protocolMax: number;
  readonly protocolCur: number;
  readonly delegateMin: number;
  readonly delegateMax: number;
  readonly delegateCur: number;
}
