import { KvorumError } from "../../base/errors.ts";
import { isUsableCoordinate } from "../../base/network-coordinate.ts";
import type { RequestOf } from "../../model/index.ts";
import type { CoordinateBatch } from "../leader/coordinate-batch.ts";

/** Consul api-docs, coordinate: update. Throws `internal` with Consul's texts for what is no coordinate. */
export function updateCoordinate(batch: CoordinateBatch, { update }: RequestOf<"Coordinate.Update">): void {
  if (!isUsableCoordinate(update.coord))
    throw new KvorumError("internal", update.coord.vec.every(Number.isFinite) ? "incompatible coordinate" : "invalid coordinate");
  batch.add(update);
}
