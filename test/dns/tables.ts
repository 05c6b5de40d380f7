// Over 300 lines: questions in a row; parted they would be harder to keep in one order with the recorded answers.
/** A group of questions that are asked of an agent with this configuration. */
export interface Group {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly questions: readonly string[];
}

const TYPES = ["A", "AAAA", "ANY", "SRV", "TXT", "CNAME", "SOA", "NS", "MX", "PTR", "AXFR"];

function each(types: readonly string[], ...names: readonly string[]): readonly string[] {
  return names.flatMap((name) => types.map((type) => `${type} ${name}`));
}

const NODES = [
  ...each(TYPES, "foo.node.consul"),
  ...each(
    ["A", "SRV"],
    "FOO.Node.CONSUL",
    "foo.node.dc1.consul",
    "foo.node.DC1.consul",
    "foo.node.dc2.consul",
    "foo.node.dc1.more.consul",
    "nosuch.node.consul",
  ),
  ...each(["A"], "node.consul", "consul", "nothing.consul", "a.b.c.consul", "foo.node.consul.", "foo.node.consulx", "foo.nodes.consul", "1foo.node.consul"),
  ...each(["SOA", "NS", "ANY", "AXFR", "TXT", "SRV", "PTR"], "consul", "nothing.consul"),
  ...each(["A", "ANY"], "bar.baz.node.consul", "Bar.Baz.node.dc1.consul"),
  ...each(["A", "AAAA", "ANY", "TXT", "SRV"], "six.node.consul", "dual.node.consul", "inner.node.consul"),
  ...each(["A", "AAAA", "ANY", "CNAME", "TXT", "SRV"], "alias.node.consul"),
  ...each(["A", "ANY"], "loop.node.consul"),
  ...each(["TXT", "A", "ANY"], "longmeta.node.consul", "marks.node.consul"),
  ...each(["A", "AAAA", "ANY"], "zeros.node.consul", "zoned.node.consul"),
];

const SERVICES = [
  ...each(TYPES, "web.service.consul"),
  ...each(["A", "SRV"], "v1.web.service.consul", "MASTER.web.service.consul", "a.b.web.service.consul", "nosuch.web.service.consul", "WEB.SERVICE.CONSUL"),
  ...each(["A", "SRV"], "web.service.dc1.consul", "web.service.dc2.consul", "web.service.dc1.dc1.consul", "service.consul", "nosuch.service.consul"),
  ...each(["A", "SRV", "ANY"], "_web._tcp.service.consul", "_web._master.service.consul", "_web._nosuch.service.consul", "_web._tcp.consul", "_web._v1.consul"),
  ...each(
    ["A", "SRV"],
    "_web._tcp.dc1.consul",
    "_web.service.consul",
    "_web.tcp.service.consul",
    "web._tcp.service.consul",
    "x._web._tcp.service.consul",
    "_WEB._TCP.service.consul",
  ),
  ...each(["SRV"], "_web._udp.service.consul", "_nosuch._tcp.service.consul", "_web._tcp.service.dc1.consul", "_tcp.service.consul", "_web.consul"),
  ...each(["A", "AAAA", "ANY", "SRV", "TXT"], "db.service.consul", "cn.service.consul", "mixed.service.consul"),
  ...each(["A", "AAAA", "ANY", "SRV", "CNAME"], "cn2.service.consul", "cn3.service.consul", "ext.service.consul"),
  ...each(["A", "AAAA", "SRV"], "s6.service.consul", "same.service.consul", "duo.service.consul"),
  ...each(
    ["A", "SRV"],
    "uppercase.service.consul",
    "prod.UpperCase.service.consul",
    "dot.ted.service.consul",
    "under_score.service.consul",
    "_under_score._tcp.service.consul",
  ),
  ...each(["A", "AAAA", "SRV", "ANY"], "hl.service.consul", "down.service.consul", "nodedown.service.consul", "warned.service.consul"),
  ...each(
    ["A", "SRV"],
    "web.connect.consul",
    "native.connect.consul",
    "v1.web.connect.consul",
    "connect.consul",
    "nosuch.connect.consul",
    "web.connect.dc1.consul",
  ),
  ...each(["A", "SRV"], "web.ingress.consul", "ingress.consul", "nosuch.ingress.consul"),
  ...each(["A", "SRV"], "consul.service.consul", "fat.service.consul"),
];

const QUERIES = [
  ...each(["A", "AAAA", "SRV", "ANY", "TXT"], "q.query.consul"),
  ...each(
    ["A", "SRV"],
    "q-ttl.query.consul",
    "q.dotted.query.consul",
    "q-tag.query.consul",
    "q-none.query.consul",
    "q-down.query.consul",
    "nosuch.query.consul",
    "query.consul",
  ),
  ...each(
    ["A"],
    "tmpl-db.query.consul",
    "tmpl-nosuch.query.consul",
    "Q.QUERY.consul",
    "q.query.dc1.consul",
    "q.query.dc2.consul",
    "q-connect.query.consul",
    "q.query.dc1.x.consul",
  ),
];

const ADDRESSES = [
  ...each(
    ["A", "AAAA", "ANY", "SRV", "TXT", "MX"],
    "0a00000f.addr.consul",
    "20010db8000000000000000000000001.addr.consul",
    "00000000000000000000ffff0a000009.addr.consul",
  ),
  ...each(
    ["A"],
    "0A00000F.addr.consul",
    "0a00000f.addr.dc1.consul",
    "0a00000f.addr.dc9.consul",
    "0a00000f.addr.dc1.x.consul",
    "0a0000.addr.consul",
    "0a00000g.addr.consul",
    "x.0a00000f.addr.consul",
    "addr.consul",
    "0a00000f1.addr.consul",
  ),
];

const REVERSE = [
  ...each(["PTR", "A", "ANY", "SOA", "NS", "TXT"], "1.0.0.10.in-addr.arpa"),
  ...each(
    ["PTR"],
    "1.0.9.10.in-addr.arpa",
    "8.8.9.10.in-addr.arpa",
    "9.10.0.10.in-addr.arpa",
    "9.9.9.10.in-addr.arpa",
    "1.0.0.10.IN-ADDR.arpa",
    "2.0.0.10.in-addr.arpa",
    "2.1.9.10.in-addr.arpa",
  ),
  ...each(
    ["PTR"],
    "6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
    "2.d.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
  ),
  ...each(["PTR"], "arpa", "in-addr.arpa", "x.in-addr.arpa", "1.0.0.in-addr.arpa", "300.0.0.10.in-addr.arpa", "1.0.0.10.in-addr.consul"),
];

const SIZES = ["many.service.consul", "wide.service.consul"].flatMap((name) =>
  ["A", "AAAA", "SRV", "ANY"].flatMap((type) =>
    ["", " tcp", " edns=512", " edns=1232", " edns=4096", " edns=100", " edns=65535", " edns=700 tcp"].map((how) => `${type} ${name}${how}`),
  ),
);

const EDNS = [
  "A foo.node.consul edns=1232",
  "A foo.node.consul edns=4096 do",
  "A foo.node.consul tcp",
  "A foo.node.consul tcp edns=4096",
  "A foo.node.consul subnet=10.1.2.0/24",
  "A web.service.consul subnet=10.1.2.0/24",
  "A web.service.consul subnet=10.1.2.3/32",
  "AAAA six.node.consul subnet=2001:db8::/56",
  "A q.query.consul subnet=10.1.2.0/24",
  "A nosuch.service.consul subnet=10.1.2.0/24",
  "A web.service.consul tcp subnet=10.1.2.0/24",
  "SOA consul subnet=10.1.2.0/24",
  "NS consul edns=1232",
  "SOA consul edns=1232",
  "PTR 1.0.0.10.in-addr.arpa subnet=10.1.2.0/24",
  "A web.service.consul nord",
  "A web.service.consul class=CH",
  "A web.service.consul class=ANY",
  "A example.com",
  "A example.com edns=1232",
  "A example.com tcp",
  "A .",
  "NS .",
  "ANY .",
];

/** Header, counts, then bytes: `foo.node.consul A IN` is the usual question. */
const Q = "03666f6f046e6f646506636f6e73756c0000010001";
/** A label of 63 bytes. */
const LONG = `3f${"61".repeat(63)}`;
const RAW = [
  `0001 0100 0001 0000 0000 0000 ${Q}`,
  `0001 0120 0001 0000 0000 0000 ${Q}`,
  `0001 0110 0001 0000 0000 0000 ${Q}`,
  `0001 0140 0001 0000 0000 0000 ${Q}`,
  `0001 0180 0001 0000 0000 0000 ${Q}`,
  `0001 0500 0001 0000 0000 0000 ${Q}`,
  `0001 0300 0001 0000 0000 0000 ${Q}`,
  `0001 0103 0001 0000 0000 0000 ${Q}`,
  `0001 0900 0001 0000 0000 0000 ${Q}`,
  `0001 1100 0001 0000 0000 0000 ${Q}`,
  `0001 2000 0001 0000 0000 0000 ${Q}`,
  `0001 2800 0001 0000 0000 0000 ${Q}`,
  `0001 7800 0001 0000 0000 0000 ${Q}`,
  `0001 0100 0000 0000 0000 0000`,
  `0001 0100 0002 0000 0000 0000 ${Q} ${Q}`,
  `0001 0100 0002 0000 0000 0000 ${Q}`,
  `0001 0100 0001 0001 0000 0000 ${Q} c00c00010001000000000004 0a000001`,
  `0001 0100 0001 0002 0000 0000 ${Q} c00c00010001000000000004 0a000001 c00c00010001000000000004 0a000001`,
  `0001 0100 0001 0000 0001 0000 ${Q} c00c00010001000000000004 0a000001`,
  `0001 0100 0001 0000 0002 0000 ${Q} c00c00010001000000000004 0a000001 c00c00010001000000000004 0a000001`,
  `0001 0100 0001 0000 0000 0003 ${Q} c00c00010001000000000004 0a000001 c00c00010001000000000004 0a000001 c00c00010001000000000004 0a000001`,
  `0001 0100 0001 0000 0000 0002 ${Q} 0000291000000000000000 0000291000000000000000`,
  `0001 0100 0001 0000 0000 0001 ${Q} 0000291000000100000000`,
  `0001 0100 0001 0000 0000 0001 ${Q} 0000291000008000000000`,
  `0001 0100 0001 0000 0000 0001 ${Q}`,
  `0001 0100 0001 0000 0000 0001 ${Q} 00002910`,
  `0001 0100 0001 0000 0000 0001 ${Q} 000029100000000000000c 000a0008 0102030405060708`,
  `0001 0100 0001 0000 0000 0001 ${Q} 0000291000000000000008 0008 0004 0009 1800`,
  `0001 0100 0001 0000 0000 0001 ${Q} 000029100000000000000b 0008 0007 0001 2100 0a0102`,
  `0001 0100 0001 0000 0000 0001 ${Q} 0000291000000000000008 0008 0004 0000 0000`,
  `0001 0100 0001 0000 0000 0000 ${Q} deadbeef`,
  `0001 0100 0001 0000 0000 0000 03666f6f046e6f6465`,
  `0001 0100 0001 0000 0000 0000 03666f6f046e6f646506636f6e73756c00`,
  `0001 0100 0001 0000 0000 0000 03666f6f046e6f646506636f6e73756c000001`,
  `0001 0100 0001 0000 0000 0000 03666f6f046e6f646506636f6e73756c00000100`,
  `0001 0100 0001 0000 0000 0000 c00c00010001`,
  `0001 2100 0001 0000 0000 0000 076578616d706c650374737400 0001 0001`,
  `0001 03b0 0003 0000 0000 0000 ${Q}`,
  `0001 4ff0 0001 0000 0000 0000 ${Q}`,
  `0001 0100 0001 0000 0000 0000 03666f6fc00c00010001`,
  `0001 0100 0001 0000 0000 0000 03666f6fc0ff00010001`,
  `0001 0100 0001 0000 0000 0000 4366 00010001`,
  `0001 0100 0001 0000 0000 0000 ${LONG}046e6f646506636f6e73756c0000010001`,
  `0001 0100 0001 0000 0000 0000 ${LONG.repeat(4)}046e6f646506636f6e73756c0000010001`,
  `0001 0100 0001 0000 0000 0000 03662e6f046e6f646506636f6e73756c0000010001`,
  `0001 0100 0001 0000 0000 0000 03ff006f046e6f646506636f6e73756c0000010001`,
  `0001 0100 0001 0000 0000 0000 03205c22046e6f646506636f6e73756c0000010001`,
  `0001 0100 0001 0000 0000 0000 03666f6f046e6f646506636f6e73756c0000000001`,
  `0001 0100 0001 0000 0000 0000 03666f6f046e6f646506636f6e73756c00ffff0001`,
  `0001 0100 0001 0000 0000 0000 03666f6f046e6f646506636f6e73756c00002a0001`,
  `0001 0100 0001 0000 0000 0000 03666f6f046e6f646506636f6e73756c0000010000`,
  `0001 8100 0001 0000 0000 0000 ${Q}`,
  "00",
  "00010100",
  "000101000001000000000000",
].map((hex) => `raw ${hex.replaceAll(" ", "")}`);

export const GROUPS: readonly Group[] = [
  { name: "default", config: {}, questions: [...NODES, ...SERVICES, ...QUERIES, ...ADDRESSES, ...REVERSE, ...SIZES, ...EDNS, ...RAW] },
  {
    name: "ttls",
    config: {
      domain: "Example.Org.",
      alt_domain: "alt.test",
      dns_config: {
        node_ttl: "11s",
        service_ttl: { "*": "5s", web: "31s", "d*": "7s", "db*": "8s", native: "0s" },
        only_passing: true,
        soa: { refresh: 1, retry: 2, expire: 3, min_ttl: 4 },
        enable_truncate: true,
        a_record_limit: 2,
        enable_additional_node_meta_txt: false,
      },
    },
    questions: [
      ...each(
        ["A", "SRV", "ANY", "TXT"],
        "web.service.example.org",
        "web.service.alt.test",
        "WEB.Service.Example.ORG",
        "db.service.example.org",
        "same.service.example.org",
        "foo.node.example.org",
        "foo.node.alt.test",
      ),
      ...each(
        ["A", "SRV"],
        "hl.service.example.org",
        "warned.service.example.org",
        "native.service.example.org",
        "down.service.example.org",
        "q.query.example.org",
        "q-ttl.query.alt.test",
        "web.service.consul",
      ),
      ...each(["SOA", "NS"], "example.org", "alt.test", "x.alt.test", "org", "test"),
      ...each(
        ["A", "AAAA"],
        "0a00000f.addr.example.org",
        "0a00000f.addr.alt.test",
        "nosuch.service.alt.test",
        "web.service.dc1.alt.test",
        "cn2.service.example.org",
        "many.service.example.org",
        "wide.service.alt.test",
      ),
      ...each(["PTR"], "1.0.0.10.in-addr.arpa", "1.0.9.10.in-addr.arpa"),
      ...[
        "A many.service.example.org tcp",
        "SRV many.service.example.org",
        "SRV many.service.example.org tcp",
        "SRV many.service.alt.test edns=1232",
        "AAAA wide.service.example.org edns=4096",
      ],
      ...each(["A"], "uppercase.service.example.org", "dot.ted.service.example.org", "six.node.alt.test"),
    ],
  },
  {
    name: "limits",
    config: { dns_config: { udp_answer_limit: 5, disable_compression: true, enable_truncate: false, node_ttl: "1h", soa: { min_ttl: 7 } } },
    questions: SIZES.concat(
      each(["A", "SRV", "ANY", "TXT", "NS", "SOA"], "web.service.consul", "foo.node.consul", "consul", "nosuch.node.consul", "db.service.consul"),
    ),
  },
  {
    name: "cut",
    config: { dns_config: { enable_truncate: true, udp_answer_limit: 50 } },
    questions: SIZES.concat(each(["A", "SRV"], "web.service.consul")),
  },
];
