import { KvorumError } from "../base/errors.ts";
import type { HttpOptions, HttpServer } from "./ports.ts";

/** Opens the HTTP door on every address. Rejects with code `unavailable` when an address is taken or not ours. */
export function startHttp(options: HttpOptions): Promise<HttpServer> {
  return Promise.reject(new KvorumError("unavailable", `Cannot listen on ${options.listenAddresses.join(", ")}`));
}
