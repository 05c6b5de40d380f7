import { type JsonValue, quoteJson } from "../../base/json.ts";
import type { PreparedQuery } from "../operator.ts";
import { decodeJson, flag, index, int, list, map, struct, text } from "./go-struct.ts";
import { writeList, writeTextMap, writeTexts } from "./write.ts";

/** A prepared query as Consul 1.8.7 prints it. */
export function writeQuery(query: PreparedQuery): string {
  const { service, template } = query;
  const failover = `{"NearestN":${service.failover.nearestN},"Datacenters":${writeTexts(service.failover.datacenters)}}`;
  return `{"ID":${quoteJson(query.id)},"Name":${quoteJson(query.name)},"Session":${quoteJson(query.session)},"Token":${quoteJson(query.token)},"Template":{"Type":${quoteJson(template.type)},"Regexp":${quoteJson(template.regexp)},"RemoveEmptyTags":${template.removeEmptyTags}},"Service":{"Service":${quoteJson(service.service)},"Failover":${failover},"OnlyPassing":${service.onlyPassing},"IgnoreCheckIDs":${writeTexts(service.ignoreCheckIds)},"Near":${quoteJson(service.near)},"Tags":${writeTexts(service.tags)},"NodeMeta":${writeTextMap(service.nodeMeta)},"ServiceMeta":${writeTextMap(service.serviceMeta)},"Connect":${service.connect}},"DNS":{"TTL":${quoteJson(query.dns.ttl)}},"CreateIndex":${query.createIndex},"ModifyIndex":${query.modifyIndex}}`;
}

export function writeQueries(queries: readonly PreparedQuery[]): string {
  return writeList(queries, writeQuery);
}

const queryBody = struct("structs.PreparedQuery", {
  ID: text,
  Name: text,
  Session: text,
  Token: text,
  Template: struct("structs.QueryTemplateOptions", { Type: text, Regexp: text, RemoveEmptyTags: flag }),
  Service: struct("structs.ServiceQuery", {
    Service: text,
    Failover: struct("structs.QueryDatacenterOptions", { NearestN: int, Datacenters: list(text, "string") }),
    OnlyPassing: flag,
    IgnoreCheckIDs: list(text, "types.CheckID"),
    Near: text,
    Tags: list(text, "string"),
    NodeMeta: map(text, "string"),
    ServiceMeta: map(text, "string"),
    Connect: flag,
  }),
  DNS: struct("structs.QueryDNSOptions", { TTL: text }),
  CreateIndex: index,
  ModifyIndex: index,
});

/** A body of `/v1/query`. What it must have is said by whoever stores it. Throws `JsonDecodeError`. */
export function decodeQuery(body: JsonValue): Omit<PreparedQuery, "createIndex" | "modifyIndex"> {
  const said = decodeJson(queryBody, body);
  const { Service: service, Template: template } = said;
  return {
    id: said.ID,
    name: said.Name,
    session: said.Session,
    token: said.Token,
    template: { type: template.Type, regexp: template.Regexp, removeEmptyTags: template.RemoveEmptyTags },
    service: {
      service: service.Service,
      failover: { nearestN: service.Failover.NearestN, datacenters: service.Failover.Datacenters },
      onlyPassing: service.OnlyPassing,
      ignoreCheckIds: service.IgnoreCheckIDs,
      near: service.Near,
      tags: service.Tags,
      nodeMeta: service.NodeMeta,
      serviceMeta: service.ServiceMeta,
      connect: service.Connect,
    },
    dns: { ttl: said.DNS.TTL },
  };
}
