/** What is in the catalog when the questions of the tables are asked: registrations and prepared queries, in Consul's JSON. */
export const REGISTRATIONS: readonly object[] = [
  // nodes
  {
    Node: "foo",
    Address: "10.0.0.1",
    NodeMeta: { os: "linux", "rfc1035-note": "plain text", empty: "" },
    TaggedAddresses: { lan: "10.0.0.1", wan: "198.18.0.1" },
  },
  { Node: "Bar.Baz", Address: "10.0.0.2" },
  { Node: "six", Address: "2001:db8::6", TaggedAddresses: { lan: "2001:db8::6", wan: "2001:db8:1::6", lan_ipv4: "10.0.6.6" } },
  { Node: "alias", Address: "www.example.test" },
  { Node: "inner", Address: "foo.node.consul" },
  { Node: "loop", Address: "loop.node.consul" },
  { Node: "longmeta", Address: "10.0.0.9", NodeMeta: { long: "x".repeat(300) } },
  { Node: "zeros", Address: "10.0.010.09" },
  { Node: "zoned", Address: "fe80::1%eth0" },
  { Node: "marks", Address: "10.0.8.1", NodeMeta: { "k=v": "x=y", "`": "``", "  a b ": " c ", " ": "" } },
  {
    Node: "dual",
    Address: "10.0.7.1",
    TaggedAddresses: { lan: "10.0.7.1", lan_ipv4: "10.0.7.1", lan_ipv6: "2001:db8:7::1", wan: "198.18.7.1", wan_ipv6: "2001:db8:8::1" },
  },
  // a plain service with tags, on three nodes
  ...[1, 2, 3].map((n) => ({
    Node: `n${n}`,
    Address: `10.0.1.${n}`,
    Service: { ID: `web${n}`, Service: "web", Port: 8000 + n, Tags: n === 1 ? ["v1", "Master", "a.b"] : ["v1"] },
  })),
  // with addresses of their own
  { Node: "n1", Address: "10.0.1.1", Service: { ID: "db1", Service: "db", Port: 5432, Address: "10.9.0.1", Weights: { Passing: 7, Warning: 2 } } },
  { Node: "n2", Address: "10.0.1.2", Service: { ID: "db2", Service: "db", Port: 5433, Address: "2001:db8::d2" } },
  { Node: "n1", Address: "10.0.1.1", Service: { ID: "cn1", Service: "cn", Port: 1, Address: "www.example.test" } },
  { Node: "n2", Address: "10.0.1.2", Service: { ID: "cn2", Service: "cn2", Port: 2, Address: "web.service.consul" } },
  { Node: "n2", Address: "10.0.1.2", Service: { ID: "cn3", Service: "cn3", Port: 3, Address: "foo.node.consul" } },
  { Node: "n1", Address: "10.0.1.1", Service: { ID: "mx1", Service: "mixed", Port: 1, Address: "www.example.test" } },
  { Node: "n2", Address: "10.0.1.2", Service: { ID: "mx2", Service: "mixed", Port: 2, Address: "10.9.1.2" } },
  { Node: "alias", Address: "www.example.test", SkipNodeUpdate: true, Service: { ID: "ext", Service: "ext", Port: 80 } },
  { Node: "six", Address: "2001:db8::6", SkipNodeUpdate: true, Service: { ID: "s6", Service: "s6", Port: 6 } },
  { Node: "n3", Address: "10.0.1.3", Service: { ID: "same1", Service: "same", Port: 1001 } },
  { Node: "n3", Address: "10.0.1.3", Service: { ID: "same2", Service: "same", Port: 1002 } },
  { Node: "n3", Address: "10.0.1.3", Service: { ID: "ups", Service: "UpperCase", Port: 12, Tags: ["Prod"] } },
  { Node: "n3", Address: "10.0.1.3", Service: { ID: "dot", Service: "dot.ted", Port: 13 } },
  { Node: "n3", Address: "10.0.1.3", Service: { ID: "und", Service: "under_score", Port: 14 } },
  {
    Node: "dual",
    Address: "10.0.7.1",
    SkipNodeUpdate: true,
    Service: {
      ID: "duo",
      Service: "duo",
      Port: 15,
      TaggedAddresses: { lan: { Address: "10.9.7.1", Port: 16 }, lan_ipv6: { Address: "2001:db8:9::1", Port: 17 }, wan: { Address: "198.18.9.1", Port: 18 } },
    },
  },
  // one address, the name of whose first node comes after the other's service
  { Node: "n2", Address: "10.0.1.2", Service: { ID: "abc", Service: "abc", Port: 1, Address: "10.9.8.8" } },
  { Node: "n1", Address: "10.0.1.1", Service: { ID: "xyz", Service: "xyz", Port: 1, Address: "10.9.8.8" } },
  // too long only by what stands beside the answers
  ...[1, 2].map((n) => ({
    Node: "fat",
    Address: "10.0.8.2",
    NodeMeta: { long: "y".repeat(200), longer: "y".repeat(240) },
    Service: { ID: `fat${n}`, Service: "fat", Port: n, Address: `10.9.9.${n}` },
  })),
  // by health
  {
    Node: "h1",
    Address: "10.0.2.1",
    Service: { ID: "hl1", Service: "hl", Port: 1, Weights: { Passing: 4, Warning: 3 } },
    Check: { CheckID: "c1", Name: "c", Status: "passing", ServiceID: "hl1" },
  },
  {
    Node: "h2",
    Address: "10.0.2.2",
    Service: { ID: "hl2", Service: "hl", Port: 2, Weights: { Passing: 6, Warning: 5 } },
    Check: { CheckID: "c2", Name: "c", Status: "warning", ServiceID: "hl2" },
  },
  {
    Node: "h3",
    Address: "10.0.2.3",
    Service: { ID: "hl3", Service: "hl", Port: 3 },
    Check: { CheckID: "c3", Name: "c", Status: "critical", ServiceID: "hl3" },
  },
  {
    Node: "h3",
    Address: "10.0.2.3",
    Service: { ID: "down", Service: "down", Port: 3 },
    Check: { CheckID: "c4", Name: "c", Status: "critical", ServiceID: "down" },
  },
  { Node: "h4", Address: "10.0.2.4", Service: { ID: "nd", Service: "nodedown", Port: 3 }, Check: { CheckID: "c5", Name: "c", Status: "critical" } },
  {
    Node: "h2",
    Address: "10.0.2.2",
    Service: { ID: "warned", Service: "warned", Port: 4, Weights: { Passing: 6, Warning: 0 } },
    Check: { CheckID: "c6", Name: "c", Status: "warning", ServiceID: "warned" },
  },
  // mesh
  {
    Node: "n1",
    Address: "10.0.1.1",
    Service: { ID: "web-proxy", Service: "web-proxy", Kind: "connect-proxy", Port: 21000, Proxy: { DestinationServiceName: "web" } },
  },
  { Node: "n2", Address: "10.0.1.2", Service: { ID: "native", Service: "native", Port: 21001, Connect: { Native: true } } },
  // many, for truncation
  ...Array.from({ length: 40 }, (_, n) => ({ Node: `m${n}`, Address: `10.1.0.${n}`, Service: { ID: `many${n}`, Service: "many", Port: 9000 + n } })),
  ...Array.from({ length: 12 }, (_, n) => ({ Node: `w${n}`, Address: `2001:db8:a::${n + 1}`, Service: { ID: `wide${n}`, Service: "wide", Port: 9100 + n } })),
];

export const QUERIES: readonly object[] = [
  { Name: "q", Service: { Service: "web" } },
  { Name: "q-ttl", Service: { Service: "web" }, DNS: { TTL: "42s" } },
  { Name: "q.dotted", Service: { Service: "db" } },
  { Name: "q-tag", Service: { Service: "web", Tags: ["master"] } },
  { Name: "q-none", Service: { Service: "nobody", Failover: { Datacenters: ["dc7"] } } },
  { Name: "q-down", Service: { Service: "down" } },
  { Name: "q-connect", Service: { Service: "web", Connect: true } },
  { Name: "tmpl-", Template: { Type: "name_prefix_match", Regexp: "^tmpl-(.*)$" }, Service: { Service: ["$", "{match(1)}"].join("") } },
];
