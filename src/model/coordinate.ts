import type { Coordinate } from "../base/network-coordinate.ts";

/** Where a node is in the network, as it said itself. Consul api-docs, coordinate. */
export interface NodeCoordinate {
  readonly node: string;
  /** Empty: the one segment that everybody is in. */
  readonly segment: string;
  readonly coord: Coordinate;
}

/** The servers of a datacenter in the WAN pool, with their coordinates there. */
export interface DatacenterCoordinates {
  readonly datacenter: string;
  /** `wan`, or the id of an area, which only Consul's enterprise edition has. */
  readonly areaId: string;
  readonly coordinates: readonly NodeCoordinate[];
}
