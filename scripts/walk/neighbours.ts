import type { Step } from "./steps.ts";

/** What a field is set to, as JSON: every type, the empty and the odd ones of each. */
const VALUES: readonly string[] = [
  ..."null true false 0 1 -1 1.5 300000 9223372036854775808 18446744073709551616 1e400".split(" "),
  ...['""', '"x"', '"1"', '"true"', '"10s"', '"-1s"', '"1d"', '".5s"', '" "', '"a b"', '"ä"', '"<&>"', '"passing"', '"delete"', '"0.0.0.0"'],
  ...["[]", "[null]", "[1]", '["a"]', '["a",null]', "[[]]", "[{}]", '["!a"]'],
  ...["{}", '{"a":1}', '{"a":null}', '{"a":"b"}', '{"a":["b"]}', '{"":"b"}', '{"consul-a":"b"}', '{"A":{}}'],
];

/** A body with one field to be set in it, in the place of `FIELD`, and what is asked before, after and to clean up. */
interface Table {
  readonly write: Omit<Step, "body"> & { readonly body: string };
  readonly fields: string;
  readonly before?: readonly Step[];
  readonly after: readonly Step[];
}

const CHECK_FIELDS =
  "Notes Status ServiceID service_id ScriptArgs Args args HTTP Header Method Body TCP Interval AliasNode DockerContainerID docker_container_id Shell GRPC GRPCUseTLS TLSSkipVerify tls_skip_verify Timeout TTL DeregisterCriticalServiceAfter deregister_critical_service_after OutputMaxSize SuccessBeforePassing FailuresBeforeCritical Token Namespace Bogus";
const INSTANCE_FIELDS = "Service Kind Tags Address TaggedAddresses Meta Port Weights EnableTagOverride Proxy Connect CreateIndex Namespace Bogus";
const CATALOG_CHECK_FIELDS = "CheckID Name Status Notes Output ServiceID ServiceName ServiceTags Type Definition CreateIndex Namespace Bogus";

const put = (path: string, body = ""): Step => ({ method: "PUT", path: `/v1/${path}`, body });
const get = (path: string): Step => ({ method: "GET", path: `/v1/${path}`, unordered: true });
const withBody = (path: string, body: string) => ({ method: "PUT", path: `/v1/${path}`, body }) as const;

const FORGET = put("catalog/deregister", '{"Node":"zz"}');
const SEED = put("catalog/register", '{"Node":"zz","Address":"10.0.0.1","Service":{"ID":"s","Service":"s","Tags":["a"]},"Check":{"CheckID":"c","Name":"c"}}');
const SHOWN = [get("catalog/node/zz"), get("health/node/zz")];

const TABLES: readonly Table[] = [
  {
    write: withBody("agent/service/register", '{"ID":"s","Name":"s",FIELD}'),
    fields:
      "Kind Tags Address TaggedAddresses tagged_addresses Meta Port Check Checks Weights EnableTagOverride enable_tag_override Proxy Connect Token Namespace Bogus",
    after: [get("agent/service/s"), get("agent/checks"), put("agent/service/deregister/s")],
  },
  {
    write: withBody("agent/service/register", '{"ID":"s","Name":"s","Kind":"connect-proxy","Port":9,"Proxy":{"DestinationServiceName":"w",FIELD}}'),
    fields:
      "destination_service_name DestinationServiceID LocalServiceAddress LocalServicePort local_service_port Config Upstreams MeshGateway mesh_gateway Expose",
    after: [get("agent/service/s"), put("agent/service/deregister/s")],
  },
  {
    write: withBody("agent/service/register", '{"ID":"s","Name":"s","Port":80,"Tags":["t"],"Connect":{"SidecarService":{FIELD}}}'),
    fields: "Name Kind Tags Meta Port Weights EnableTagOverride Connect Token Bogus",
    after: [get("agent/services"), put("agent/service/deregister/s"), put("agent/service/deregister/s-sidecar-proxy")],
  },
  {
    write: withBody("agent/check/register", '{"ID":"c","Name":"c","TTL":"1h",FIELD}'),
    fields: CHECK_FIELDS,
    after: [get("agent/checks"), put("agent/check/deregister/c")],
  },
  {
    write: withBody("catalog/register", '{"Node":"zz","Address":"10.0.0.1",FIELD}'),
    fields: "ID Datacenter TaggedAddresses NodeMeta Service Check Checks SkipNodeUpdate Bogus",
    after: [...SHOWN, FORGET],
  },
  { write: withBody("catalog/register", '{"Node":"zz","Address":"10.0.0.1","Service":{"ID":"s",FIELD}}'), fields: INSTANCE_FIELDS, after: [...SHOWN, FORGET] },
  { write: withBody("catalog/register", '{"Node":"zz","Address":"10.0.0.1","Check":{FIELD}}'), fields: CATALOG_CHECK_FIELDS, after: [...SHOWN, FORGET] },
  {
    write: withBody("catalog/deregister", '{"Node":"zz",FIELD}'),
    fields: "ServiceID CheckID Address Datacenter Bogus",
    before: [SEED],
    after: [...SHOWN, FORGET],
  },
  ...["get", "set", "cas", "delete", "delete-cas"].flatMap((verb): Table[] => [
    {
      write: withBody("txn", `[{"Node":{"Verb":"${verb}","Node":{"Node":"zz",FIELD}}}]`),
      fields: "ID Address Datacenter TaggedAddresses Meta ModifyIndex Bogus",
      before: [SEED],
      after: [...SHOWN, FORGET],
    },
    {
      write: withBody("txn", `[{"Service":{"Verb":"${verb}","Node":"zz","Service":{"ID":"s",FIELD}}}]`),
      fields: INSTANCE_FIELDS,
      before: [SEED],
      after: [...SHOWN, FORGET],
    },
    {
      write: withBody("txn", `[{"Check":{"Verb":"${verb}","Check":{"Node":"zz",FIELD}}}]`),
      fields: "CheckID Name Status Notes Output ServiceID Type ModifyIndex",
      before: [SEED],
      after: [...SHOWN, FORGET],
    },
    { write: withBody("txn", `[{"KV":{"Verb":"${verb}","Key":"zz",FIELD}}]`), fields: "Value Flags Session Bogus", after: [get("kv/zz")] },
  ]),
  {
    write: withBody("session/create", '{"LockDelay":"0s",FIELD}'),
    fields: "Name Node Behavior TTL NodeChecks ServiceChecks Bogus",
    after: [get("session/info/SESSION"), put("session/destroy/SESSION")],
  },
];

/** Bodies one field away from good ones, each with what shows its effect. What Consul 1.8.7 does not survive is among them. */
export function* neighbourSteps(): Generator<Step> {
  for (const { write, fields, before = [], after } of TABLES) {
    for (const field of fields.split(" ")) {
      for (const value of VALUES) {
        yield* before;
        yield { ...write, body: write.body.replace("FIELD", `"${field}":${value}`) };
        yield* after;
      }
    }
  }
}
