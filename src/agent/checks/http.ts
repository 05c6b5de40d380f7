import { KvorumError } from "../../base/errors.ts";
import { NETWORK_CHECK_TIMEOUT_MS } from "../limits.ts";
import { repeat } from "./schedule.ts";
import type { CheckJob, CheckRunner, CheckWorld, Finding } from "./types.ts";

/** Asks a URL: 2xx is passing, 429 a warning, all else critical. Consul docs, checks: HTTP. */
export function httpCheck(job: CheckJob, world: CheckWorld): CheckRunner {
  return repeat(job, world, { slots: world.networkSlots, run: () => ask(job, world) });
}

async function ask({ definition, outputMaxBytes }: CheckJob, { web, identity }: CheckWorld): Promise<Finding> {
  if (web === undefined) throw new KvorumError("unavailable", "This agent cannot ask by HTTP");
  const method = definition.method === "" ? "GET" : definition.method;
  const { status, statusText, body } = await web.ask({
    method,
    url: definition.http,
    headers: headersOf(definition.header, method, definition.body),
    ...(definition.body === "" ? {} : { body: Buffer.from(definition.body) }),
    skipVerify: definition.tlsSkipVerify,
    identity,
    timeoutMs: definition.timeoutMs > 0 ? definition.timeoutMs : NETWORK_CHECK_TIMEOUT_MS,
    keepBytes: outputMaxBytes,
  });
  const output = `HTTP ${method} ${definition.http}: ${status} ${statusText} Output: ${body.kept.toString("utf8")}`;
  if (status >= 200 && status < 300) return { status: "passing", output };
  return { status: status === 429 ? "warning" : "critical", output };
}

/** Methods whose requests say nothing of a length when they have no body; of others many servers want to hear that it is 0. */
const BARE: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT"]);

/** What Consul sends when nothing else is said. */
function headersOf(given: Readonly<Record<string, readonly string[]>>, method: string, body: string): readonly (readonly [string, string])[] {
  const headers = Object.entries(given).flatMap(([name, values]) => values.map((value): [string, string] => [name, value]));
  const has = (wanted: string): boolean => headers.some(([name]) => name.toLowerCase() === wanted);
  if (!has("user-agent")) headers.push(["User-Agent", "Consul Health Check"]);
  if (!has("accept")) headers.push(["Accept", "text/plain, text/*, */*"]);
  if ((body !== "" || !BARE.has(method.toUpperCase())) && !has("content-length")) headers.push(["Content-Length", String(Buffer.byteLength(body))]);
  return headers;
}
