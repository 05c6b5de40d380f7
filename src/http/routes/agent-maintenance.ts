import { BadRequestError } from "../../base/errors.ts";
import { goQuote } from "../../base/go-quote.ts";
import type { Call } from "../call.ts";
import { parseBool } from "../numbers.ts";
import type { MaintenanceWish } from "../ports.ts";

/** What a request about maintenance asks for. Throws `BadRequestError` with Consul's texts. */
export function maintenanceWish(call: Call): MaintenanceWish {
  if (!call.query.has("enable")) throw new BadRequestError("Missing value for enable");
  const said = call.query.get("enable");
  const enable = parseBool(said);
  if (typeof enable === "string") throw new BadRequestError(`Invalid value for enable: ${goQuote(said)}`);
  return { enable, reason: call.query.get("reason"), token: call.token };
}
