import type { CatalogNode } from "../model/index.ts";
import { nodeAddress } from "./addresses.ts";
import { TYPE } from "./codes.ts";
import { isIp } from "./ip.ts";
import type { Answering, Making } from "./making.ts";
import { addressRecord, aliasRecord, type DnsRecord, textRecord } from "./records.ts";

/** Meta with this beginning is given without its key, for texts of other standards. RFC 1035 §3.3.14; Consul docs, `node_meta`. */
const BARE_TEXT = "rfc1035-";

/** Types of questions that an address answers even where it is of the other family's type. */
const TAKES_ANY: ReadonlySet<number> = new Set([TYPE.SRV, TYPE.ANY, TYPE.NS, TYPE.TXT]);

export interface NodeOwner {
  /** Owner of the records. */
  readonly name: string;
  /** Of the question. */
  readonly type: number;
  readonly ttl: number;
}

/** The address of a node as a record, or where it has a name for an address an alias, with what that leads to. Nothing where the family is another. */
export function* nodeRecords(node: CatalogNode, { name, type, ttl }: NodeOwner, how: Answering): Making<readonly DnsRecord[]> {
  const address = nodeAddress(node, type, node.datacenter, how.place);
  if (address !== "" && !isIp(address)) {
    const target = withoutDot(node.address);
    return [aliasRecord(name, target, ttl), ...(yield* how.follow(target))];
  }
  const record = addressRecord(name, address, ttl);
  return record === undefined || !answers(record, type) ? [] : [record];
}

/** Whether an address is an answer to a question of this type. */
export function answers(record: DnsRecord, type: number): boolean {
  return record.type === type || TAKES_ANY.has(type);
}

/** Meta of a node as text records, `key=value` each; what could be taken for the end of a key is marked. RFC 1464 §2. */
export function metaRecords({ meta }: CatalogNode, name: string, ttl: number): readonly DnsRecord[] {
  return Object.entries(meta ?? {}).map(([key, value]) =>
    textRecord(name, key.toLowerCase().startsWith(BARE_TEXT) ? value : `${quotedKey(key)}=${quoted(value)}`, ttl),
  );
}

function quotedKey(key: string): string {
  const marked = (spaces: string): string => "` ".repeat(spaces.length);
  return quoted(key).replaceAll("=", "`=").replace(/^ +/, marked).replace(/ +$/, marked);
}

function quoted(text: string): string {
  return text.replaceAll("`", "``");
}

export function withoutDot(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}
