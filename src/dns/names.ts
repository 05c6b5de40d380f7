import { TYPE } from "./codes.ts";

/** What a name in the domain asks for. */
export type Wanted =
  | { readonly kind: "node"; readonly node: string; readonly datacenter: string }
  | { readonly kind: "service"; readonly service: string; readonly tag: string; readonly flavour: "plain" | "connect" | "ingress"; readonly datacenter: string }
  | { readonly kind: "query"; readonly query: string; readonly datacenter: string }
  /** An IP address in hexadecimal, 8 or 32 digits; other lengths stand for nothing. */
  | { readonly kind: "address"; readonly hex: string }
  | { readonly kind: "invalid" };

const INVALID: Wanted = { kind: "invalid" };
const KINDS: ReadonlySet<string> = new Set(["service", "connect", "ingress", "node", "query", "addr"]);

/**
 * Reads the labels before the domain, in lower case. The last one that is a kind of name decides; what stands behind it is the datacenter, ours when
 * nothing does. For SRV the word `service` may be left out after `_name._protocol` (RFC 2782). Consul docs, DNS interface.
 */
export function wantedBy(labels: readonly string[], type: number, ours: string): Wanted {
  for (let at = labels.length - 1; at >= 0; at--) {
    const label = labels[at] ?? "";
    if (KINDS.has(label)) return wantedOf(label, labels.slice(0, at), labels.slice(at + 1), ours);
    if (type === TYPE.SRV && label.startsWith("_")) return wantedOf("service", labels.slice(0, at + 1), labels.slice(at + 1), ours);
  }
  return INVALID;
}

function wantedOf(kind: string, before: readonly string[], behind: readonly string[], ours: string): Wanted {
  if (kind === "addr") return before.length === 1 ? { kind: "address", hex: before[0] ?? "" } : INVALID;
  if (before.length === 0 || behind.length > 1) return INVALID;
  const datacenter = behind[0] ?? ours;
  if (kind === "node") return { kind: "node", node: before.join("."), datacenter };
  if (kind === "query") return { kind: "query", query: before.join("."), datacenter };
  const service = before.at(-1) ?? "";
  if (kind === "connect" || kind === "ingress") return { kind: "service", service, tag: "", flavour: kind, datacenter };
  const [first = "", second = ""] = before;
  if (before.length === 2 && first.startsWith("_") && second.startsWith("_")) {
    // `tcp` stands for no tag at all
    return { kind: "service", service: first.slice(1), tag: second === "_tcp" ? "" : second.slice(1), flavour: "plain", datacenter };
  }
  return { kind: "service", service, tag: before.slice(0, -1).join("."), flavour: "plain", datacenter };
}

/** The labels of a name before one of the domains, in lower case; `undefined` when it is in none of them. A name may be a domain itself. */
export function labelsWithin(name: string, domains: readonly string[]): readonly string[] | undefined {
  const folded = name.toLowerCase();
  let best: string | undefined;
  for (const domain of domains) {
    if (domain === "" || (best !== undefined && best.length >= domain.length)) continue;
    if (folded === domain || folded.endsWith(`.${domain}`)) best = domain;
  }
  if (best === undefined) return undefined;
  return folded === best ? [] : splitLabels(folded.slice(0, -best.length - 1));
}

/** At dots that are not escaped. */
function splitLabels(name: string): readonly string[] {
  if (name.includes("\\")) return name.match(/(?:\\.|[^.\\])+/g) ?? [];
  // not `split`, which remembers every part of names that nobody asks for again
  const labels: string[] = [];
  let from = 0;
  for (let dot = name.indexOf("."); dot !== -1; dot = name.indexOf(".", from)) {
    labels.push(name.slice(from, dot));
    from = dot + 1;
  }
  labels.push(name.slice(from));
  return labels;
}
