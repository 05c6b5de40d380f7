import type { Field, Shape } from "./shape.ts";

const TEXT: Shape = { kind: "text" };
const NUMBER: Shape = { kind: "number" };
const FLAG: Shape = { kind: "flag" };
const ANY: Shape = { kind: "any" };
const TEXTS: Shape = { kind: "list", of: TEXT };
const TEXT_MAP: Shape = { kind: "map", of: TEXT };

/** Fields by name; a question mark after the name: left away when empty. */
function struct(fields: Readonly<Record<string, Shape>>): Shape {
  return {
    kind: "struct",
    fields: Object.entries(fields).map(([name, shape]): Field => ({ name: name.replace("?", ""), shape, optional: name.endsWith("?") })),
  };
}

/** A struct is printed even where it is empty, unlike what it points to. */
const meshGateway = struct({ "Mode?": TEXT });
const exposePath = struct({ "ListenerPort?": NUMBER, "Path?": TEXT, "LocalPathPort?": NUMBER, "Protocol?": TEXT, ParsedFromCheck: FLAG });
const proxy = struct({
  "DestinationServiceName?": TEXT,
  "DestinationServiceID?": TEXT,
  "LocalServiceAddress?": TEXT,
  "LocalServicePort?": NUMBER,
  "Config?": ANY,
  "Upstreams?": {
    kind: "list",
    of: struct({
      "DestinationType?": TEXT,
      "DestinationNamespace?": TEXT,
      DestinationName: TEXT,
      "Datacenter?": TEXT,
      "LocalBindAddress?": TEXT,
      "LocalBindPort?": NUMBER,
      "Config?": ANY,
      MeshGateway: meshGateway,
    }),
  },
  MeshGateway: meshGateway,
  Expose: struct({ "Checks?": FLAG, "Paths?": { kind: "list", of: exposePath } }),
});

const node = struct({
  ID: TEXT,
  Node: TEXT,
  Address: TEXT,
  Datacenter: TEXT,
  TaggedAddresses: TEXT_MAP,
  Meta: TEXT_MAP,
  CreateIndex: NUMBER,
  ModifyIndex: NUMBER,
});

const service = struct({
  "Kind?": TEXT,
  ID: TEXT,
  Service: TEXT,
  Tags: TEXTS,
  Meta: TEXT_MAP,
  Port: NUMBER,
  Address: TEXT,
  "TaggedAddresses?": { kind: "map", of: struct({ Address: TEXT, Port: NUMBER }) },
  Weights: struct({ Passing: NUMBER, Warning: NUMBER }),
  EnableTagOverride: FLAG,
  "CreateIndex?": NUMBER,
  "ModifyIndex?": NUMBER,
  "ContentHash?": TEXT,
  "Proxy?": proxy,
  Connect: struct({ "Native?": FLAG }),
});

const duration: Shape = { kind: "text", otherwise: "0s" };
const check = struct({
  Node: TEXT,
  CheckID: TEXT,
  Name: TEXT,
  Status: TEXT,
  Notes: TEXT,
  Output: TEXT,
  ServiceID: TEXT,
  ServiceName: TEXT,
  ServiceTags: TEXTS,
  Type: TEXT,
  Definition: struct({
    Interval: duration,
    Timeout: duration,
    DeregisterCriticalServiceAfter: duration,
    HTTP: TEXT,
    Header: { kind: "map", of: TEXTS },
    Method: TEXT,
    Body: TEXT,
    TLSSkipVerify: FLAG,
    TCP: TEXT,
  }),
  CreateIndex: NUMBER,
  ModifyIndex: NUMBER,
});

const entry = struct({
  Key: TEXT,
  CreateIndex: NUMBER,
  ModifyIndex: NUMBER,
  LockIndex: NUMBER,
  Flags: NUMBER,
  Value: { kind: "bytes" },
  Session: TEXT,
});

const event = struct({
  ID: TEXT,
  Name: TEXT,
  Payload: { kind: "bytes" },
  NodeFilter: TEXT,
  ServiceFilter: TEXT,
  TagFilter: TEXT,
  Version: NUMBER,
  LTime: NUMBER,
});

/** What the handlers of each type of watch read: the types of Consul's client for Go, 1.8. */
export const SHAPES = {
  entry: { kind: "first", of: entry },
  entries: { kind: "list", of: entry },
  services: { kind: "map", of: TEXTS },
  nodes: { kind: "list", of: node },
  instances: { kind: "list", of: struct({ Node: node, Service: service, Checks: { kind: "list", of: check } }) },
  checks: { kind: "list", of: check },
  events: { kind: "list", of: event },
  agentService: service,
} as const satisfies Readonly<Record<string, Shape>>;
