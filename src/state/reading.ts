import type { Tables } from "./tables/tables.ts";
import type { WatchHub, WatchSet } from "./watch.ts";

/** What readers read: the tables of now (another object after a restore), and who is told of changes. */
export interface Reading {
  readonly tables: Tables;
  readonly hub: WatchHub;
}

/** Notes that these topics were read. */
export function watchTopics({ hub }: Reading, watch: WatchSet | undefined, ...topics: readonly string[]): void {
  if (watch !== undefined) for (const topic of topics) watch.add(hub, "topic", topic);
}

/** Names of what can be watched beside keys; a writer changes what a reader watches. */
export const TOPIC = {
  nodes: "nodes",
  /** The row of a node, and its services. */
  node: (folded: string): string => `node ${folded}`,
  services: "services",
  /** Names of services, and tags of their instances. */
  serviceNames: "names of services",
  /** Instances of a service, their nodes and checks. */
  service: (folded: string): string => `service ${folded}`,
  /** Instances of a service and their nodes. */
  instances: (folded: string): string => `instances ${folded}`,
  /** Instances of all services, their nodes and checks. */
  allInstances: "instances",
  connect: (folded: string): string => `connect ${folded}`,
  checks: "checks",
  checksOfNode: (folded: string): string => `checks of node ${folded}`,
  checksOfService: (folded: string): string => `checks of service ${folded}`,
  checksInState: (status: string): string => `checks in state ${status}`,
  sessions: "sessions",
  session: (id: string): string => `session ${id}`,
  sessionsOfNode: (folded: string): string => `sessions of node ${folded}`,
  queries: "queries",
  coordinates: "coordinates",
  coordinatesOfNode: (folded: string): string => `coordinates of node ${folded}`,
  autopilot: "autopilot",
} as const;
