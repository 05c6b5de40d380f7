import type { Rng } from "../walk/rng.ts";

/** What is in the catalog of one walk, in Consul's JSON, and the names to ask for. */
export interface WalkCatalog {
  readonly registrations: readonly object[];
  readonly queries: readonly object[];
  readonly nodes: readonly string[];
  readonly services: readonly string[];
  readonly queryNames: readonly string[];
  readonly tags: readonly string[];
  readonly addresses: readonly string[];
}

const LONG_LABEL = "l".repeat(63);
const NODE_NAMES = [
  "n1",
  "N2",
  "n-3",
  "bar.baz",
  "Up.Per",
  "under_score",
  LONG_LABEL,
  `${LONG_LABEL}x`,
  "sp ace",
  "ünï",
  "w1",
  "w2",
  'quo"te',
  "back\\slash",
  "5",
];
const SERVICE_NAMES = [
  "web",
  "WEB2",
  "Db",
  "dot.ted",
  "under_score",
  LONG_LABEL,
  `${LONG_LABEL}y`,
  "api",
  "7",
  "tcp",
  "node",
  "service",
  "query",
  "a b",
  "_lead",
  "constructor",
  "x-",
];
const TAGS = ["v1", "V2", "a.b", "master", "_tcp", "udp", "two words", "", "ünï", "tag\\.x", "dc1", "service"];
const IPV4 = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "192.0.2.7", "0.0.0.0", "255.255.255.255", "127.0.0.1"];
const IPV6 = ["2001:db8::1", "2001:db8::2", "::1", "::", "::ffff:10.0.0.9", "fe80::1%eth0", "2001:0db8:0000::0003"];
const HOSTS = ["www.example.test", "www.example.test.", "none.example.test", "alias.example.test", "EXAMPLE.test", "silent.example.test"];
const ODD = ["10.0.0", "10.0.0.256", "not a name", "a..b", "[::1]", "10.0.0.1:80", "-", "ünï.test", `${LONG_LABEL}x.test`];
const STATUSES = ["passing", "warning", "critical", "maintenance"];
const META = [
  { os: "linux" },
  { "rfc1035-note": "plain" },
  { "RFC1035-x": "Upper", empty: "" },
  { quoted: 'a"b', "k=v": "x=y", "`": "`" },
  { "  k e y ": " v ", " ": "only" },
  { uni: "ünï", semi: "a;b" },
  { l: "m".repeat(200) },
];

function address(rng: Rng, domain: string, withNames = true): string {
  const kind = rng.below(14);
  if (kind < 6 || !withNames) return rng.pick(IPV4);
  if (kind < 9) return rng.pick(IPV6);
  if (kind < 11) return rng.pick(HOSTS);
  if (kind < 13)
    return `${rng.pick(["web.service", "n1.node", "api.service", "nosuch.service", "q1.query", "0a000001.addr", "n-3.node", "N1.Node"])}.${domain}`;
  return rng.pick(ODD);
}

function maybe<T>(rng: Rng, chances: number, value: () => T): T | undefined {
  return rng.below(chances) === 0 ? value() : undefined;
}

function nodeTagged(rng: Rng): object {
  return {
    ...maybe(rng, 2, () => ({ lan: rng.pick(IPV4) })),
    ...maybe(rng, 2, () => ({ wan: rng.pick([...IPV4, ...HOSTS]) })),
    ...maybe(rng, 2, () => ({ lan_ipv4: rng.pick(IPV4) })),
    ...maybe(rng, 2, () => ({ lan_ipv6: rng.pick(IPV6) })),
  };
}

function serviceTagged(rng: Rng): object {
  const one = (list: readonly string[]): object => ({ Address: rng.pick(list), Port: rng.below(3) * 1000 });
  return {
    ...maybe(rng, 2, () => ({ lan: one(IPV4) })),
    ...maybe(rng, 2, () => ({ lan_ipv4: one(IPV4) })),
    ...maybe(rng, 2, () => ({ lan_ipv6: one(IPV6) })),
    ...maybe(rng, 2, () => ({ wan: one(IPV4) })),
  };
}

function check(rng: Rng, id: string, serviceId: string | undefined): object {
  const own = serviceId === undefined ? {} : { ServiceID: serviceId };
  const checkId = rng.below(12) === 0 ? (serviceId === undefined ? "_node_maintenance" : `_service_maintenance:${serviceId}`) : id;
  return { CheckID: checkId, Name: id, Status: rng.pick(STATUSES.slice(0, rng.below(6) === 0 ? 3 : 2)), ...own };
}

/** @param domain in which names of ours are that stand for addresses */
export function catalogOf(rng: Rng, domain: string): WalkCatalog {
  const pickSome = <T>(items: readonly T[], count: number): T[] => [...new Set(Array.from({ length: count }, () => rng.pick(items)))];
  const nodes = pickSome(NODE_NAMES, 8);
  const services = pickSome(SERVICE_NAMES, 7);
  const tags = pickSome(TAGS, 4);
  const registrations: object[] = [];
  const addresses: string[] = [];
  for (const node of nodes) {
    const at = address(rng, domain);
    addresses.push(at);
    const head = {
      Node: node,
      Address: at,
      ...maybe(rng, 2, () => ({ NodeMeta: rng.pick(META) })),
      ...maybe(rng, 3, () => ({ TaggedAddresses: nodeTagged(rng) })),
    };
    registrations.push({ ...head, ...maybe(rng, 4, () => ({ Check: check(rng, "nc", undefined) })) });
    for (let count = rng.below(4); count > 0; count--) {
      const service = rng.pick(services);
      const id = `${service}-${rng.below(3)}`;
      const own = rng.below(3) === 0 ? "" : address(rng, domain);
      addresses.push(own);
      const kind = rng.below(8);
      registrations.push({
        Node: node,
        Address: at,
        SkipNodeUpdate: true,
        Service: {
          ID: id,
          Service: service,
          Port: rng.pick([0, 1, 80, 65_535, 8000]),
          Address: own,
          Tags: rng.below(2) === 0 ? pickSome(tags, 2) : [],
          ...maybe(rng, 3, () => ({ TaggedAddresses: serviceTagged(rng) })),
          ...maybe(rng, 3, () => ({ Weights: { Passing: rng.pick([1, 10, 65_535, 70_000]), Warning: rng.pick([0, 1, 5]) } })),
          ...(kind === 0 ? { Kind: "connect-proxy", Proxy: { DestinationServiceName: rng.pick(services) } } : {}),
          ...(kind === 1 ? { Connect: { Native: true } } : {}),
        },
        ...maybe(rng, 2, () => ({ Check: check(rng, `c-${id}`, id) })),
      });
    }
  }
  const queries = ["q1", "q.two", "Q3", "q-near"].map((name) => ({
    Name: name,
    Service: {
      Service: rng.pick(services),
      OnlyPassing: rng.below(3) === 0,
      Tags: rng.below(3) === 0 ? [`${rng.pick(["", "!"])}${rng.pick(tags)}`] : [],
      ...maybe(rng, 3, () => ({ Failover: { Datacenters: ["dc2"] } })),
      ...maybe(rng, 4, () => ({ Connect: true })),
    },
    ...maybe(rng, 3, () => ({ DNS: { TTL: rng.pick(["7s", "1500ms", "0s", "1h"]) } })),
  }));
  const template = { Name: "t-", Template: { Type: "name_prefix_match", Regexp: "^t-(.*)$" }, Service: { Service: ["$", "{match(1)}"].join("") } };
  return {
    registrations,
    queries: [...queries, template],
    nodes,
    services,
    tags,
    addresses,
    queryNames: ["q1", "q.two", "Q3", "q-near", `t-${rng.pick(services)}`, "nosuch"],
  };
}
