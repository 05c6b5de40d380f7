/** A network coordinate (Vivaldi with height, as Serf has it). Consul api-docs, coordinate. */
export interface Coordinate {
  readonly vec: readonly number[];
  readonly error: number;
  readonly adjustment: number;
  readonly height: number;
}

export interface CoordinateUpdate {
  readonly node: string;
  readonly segment: string;
  readonly coord: Coordinate;
}
