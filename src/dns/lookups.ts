import type { CatalogNode, CheckedInstance, QueryFound } from "../model/index.ts";
import type { DnsRecord } from "./records.ts";

/** What an answer needs to know before it can go on. Names are in lower case. */
export type Wish =
  | { readonly kind: "node"; readonly node: string; readonly datacenter: string }
  | { readonly kind: "instances"; readonly service: string; readonly tag: string; readonly connect: boolean; readonly datacenter: string }
  | { readonly kind: "query"; readonly query: string; readonly datacenter: string; readonly clientIp: string }
  /** Who has the address that this name (`4.3.2.1.in-addr.arpa`) stands for. */
  | { readonly kind: "reverse"; readonly name: string }
  /** Records of a name of another domain, from the recursors; none when there are no recursors or none of them knows. */
  | { readonly kind: "elsewhere"; readonly name: string };

/** What was found. `failed`: nobody could say; the client is told so, and asks again. */
export type Found =
  | { readonly kind: "node"; readonly node: CatalogNode | undefined }
  | { readonly kind: "instances"; readonly instances: readonly CheckedInstance[] }
  /** `byChance`: the instances are to be shuffled; otherwise they are in the order in which they are to be given. */
  | { readonly kind: "query"; readonly found: QueryFound | undefined; readonly byChance: boolean }
  | { readonly kind: "reverse"; readonly target: string | undefined }
  | { readonly kind: "elsewhere"; readonly records: readonly DnsRecord[] }
  | { readonly kind: "failed" };
