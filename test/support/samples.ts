import type { PreparedQuery } from "../../src/model/index.ts";

/** A prepared query for instances of `web`, with what a test is about. */
export function sampleQuery(changes: Partial<Omit<PreparedQuery, "service">> = {}, service: Partial<PreparedQuery["service"]> = {}): PreparedQuery {
  return {
    id: "",
    name: "q",
    session: "",
    token: "",
    template: { type: "", regexp: "", removeEmptyTags: false },
    dns: { ttl: "" },
    createIndex: 0,
    modifyIndex: 0,
    ...changes,
    service: {
      service: "web",
      failover: { nearestN: 0, datacenters: undefined },
      onlyPassing: false,
      ignoreCheckIds: undefined,
      near: "",
      tags: undefined,
      nodeMeta: undefined,
      serviceMeta: undefined,
      connect: false,
      ...service,
    },
  };
}
