import type { IncomingMessage } from "node:http";
import { KvorumError, messageOf } from "../base/errors.ts";
import type { JsonValue } from "../base/json.ts";
import { JsonSyntaxError, parseJson } from "../base/json-parse.ts";
import { JsonDecodeError } from "../model/index.ts";
import { MAX_DRAIN_BYTES, MAX_JSON_BYTES } from "./limits.ts";
import type { BodyRule } from "./route.ts";

const NO_BODY = Buffer.alloc(0);

/** A JSON body of ordinary size. */
export function jsonBody(about: string): BodyRule {
  return {
    kind: "collect",
    type: "application/json",
    about,
    limit: () => ({ announced: MAX_JSON_BYTES, collected: MAX_JSON_BYTES }),
    tooLarge: (size, limit) => `Request body(${size} bytes) too large, max size: ${limit} bytes.`,
  };
}

/** Reads a JSON body and decodes it. What is wrong with it becomes the message behind `complaint`, with status 400. */
export function decodeBody<T>(body: Buffer, decode: (value: JsonValue) => T, complaint: string): T {
  try {
    return decode(parseJson(body.toString("utf8")));
  } catch (error) {
    if (error instanceof JsonSyntaxError || error instanceof JsonDecodeError) {
      throw new KvorumError("bad-request", `${complaint}${messageOf(error)}`, { cause: error });
    }
    throw error;
  }
}

/** What a route takes at most: with a Content-Length, and without one. */
export interface BodyLimits {
  readonly announced: number;
  readonly collected: number;
}

/** Whether there is a body to collect. Throws `too-large`, and drains what comes nevertheless, when it announces more than its limit. */
export function expectBody(request: IncomingMessage, rule: BodyRule & { readonly kind: "collect" }, limits: BodyLimits): boolean {
  const length = request.headers["content-length"];
  if (length === undefined) return request.headers["transfer-encoding"] !== undefined;
  const size = Number(length);
  if (size > limits.announced) {
    drain(request);
    throw new KvorumError("too-large", rule.tooLarge(size, limits.announced));
  }
  return size > 0;
}

/** The whole body of a request as one buffer. Rejects with code `too-large`, and drains what is left, when it exceeds its limit. */
export function collectBody(request: IncomingMessage, rule: BodyRule & { readonly kind: "collect" }, limits: BodyLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let first: Buffer | undefined;
    let more: Buffer[] | undefined;
    let size = 0;
    const announced = request.headers["content-length"] !== undefined;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (!announced && size > limits.collected) {
        request.removeAllListeners("data");
        drain(request);
        reject(new KvorumError("too-large", rule.tooLarge(size, limits.collected)));
      } else if (first === undefined) {
        first = chunk;
      } else {
        more ??= [first];
        more.push(chunk);
      }
    });
    request.on("end", () => resolve(more === undefined ? (first ?? NO_BODY) : Buffer.concat(more, size)));
    request.on("error", (error) => reject(new KvorumError("bad-request", "Cannot read the request: the connection ended", { cause: error })));
  });
}

/** Throws away what is left of a body, up to a limit, so that the client gets to read its answer. */
export function drain(request: IncomingMessage): void {
  let size = 0;
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_DRAIN_BYTES) request.destroy();
  });
}
