import { createHash } from "node:crypto";
import { eachAtOnce } from "../base/at-once.ts";
import { messageOf } from "../base/errors.ts";
import { isJsonArray, isJsonObject, type JsonObject, writeJson } from "../base/json.ts";
import { parseJson } from "../base/json-parse.ts";
import {
  type CheckDefinition,
  decodeCheckDefinition,
  decodeServiceDefinition,
  encodeCheckDefinition,
  encodeServiceDefinition,
  type ServiceDefinition,
} from "../model/index.ts";
import type { Files, Logger } from "../platform/index.ts";
import { FILES_READ_AT_ONCE } from "./limits.ts";

export interface KeptService {
  readonly definition: ServiceDefinition;
  /** Its checks, with their settled ids. */
  readonly checks: readonly CheckDefinition[];
  /** It came with another service, and goes with it. */
  readonly sidecar: boolean;
  /** When it and each of the checks were registered, in milliseconds since 1970; 0: by a version that did not say. */
  readonly at: number;
  readonly checksAt: readonly number[];
}

/** A check that is no part of a service that is kept: what it does, or that it stands for maintenance. */
export type KeptCheck =
  | { readonly kind: "check"; readonly definition: CheckDefinition; readonly at: number }
  | { readonly kind: "maintenance"; readonly serviceId: string; readonly reason: string; readonly token: string; readonly at: number };

/** The last report of a TTL check. */
export interface KeptReport {
  readonly checkId: string;
  readonly status: string;
  readonly output: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/**
 * What was registered with this agent while it ran, in files of the data directory: `services/` (each with its checks), `checks/` and
 * `checks/state/`. Without a data directory nothing is kept.
 */
export class Keeping {
  readonly #folder: string;
  readonly #files: Files;
  readonly #logger: Logger;
  /** The last write of each file: two of one file come one after the other. */
  readonly #writing = new Map<string, Promise<void>>();
  readonly #made = new Set<string>();
  /** The write of each file that waits for the one under way: what is saved meanwhile goes with it. */
  readonly #next = new Map<string, { content: JsonObject; readonly done: Promise<void> }>();
  /** Files that are there, or will be. */
  readonly #there = new Set<string>();

  constructor(where: { readonly folder: string; readonly files: Files; readonly logger: Logger }) {
    this.#folder = where.folder;
    this.#files = where.files;
    this.#logger = where.logger;
  }

  saveService(id: string, { definition, checks, sidecar, at, checksAt }: KeptService): Promise<void> {
    const said = { Service: encodeServiceDefinition(definition), Checks: checks.map(encodeCheckDefinition), Sidecar: sidecar };
    return this.#save("services", id, { ...said, Registered: at, ChecksRegistered: checksAt });
  }

  forgetService(id: string): Promise<void> {
    return this.#forget("services", id);
  }

  saveCheck(id: string, check: KeptCheck): Promise<void> {
    if (check.kind === "check") return this.#save("checks", id, { Check: encodeCheckDefinition(check.definition), Registered: check.at });
    return this.#save("checks", id, { Maintenance: { ServiceID: check.serviceId, Reason: check.reason, Token: check.token }, Registered: check.at });
  }

  async forgetCheck(id: string): Promise<void> {
    await this.#forget("checks", id);
    await this.#forget("checks/state", id);
  }

  saveReport(report: KeptReport): Promise<void> {
    const { checkId, status, output, expires } = report;
    return this.#save("checks/state", checkId, { CheckID: checkId, Status: status, Output: output, Expires: expires });
  }

  services(): Promise<readonly KeptService[]> {
    return this.#load("services", ({ Service, Checks, Sidecar, Registered, ChecksRegistered }) => ({
      definition: decodeServiceDefinition(Service ?? null),
      checks: isJsonArray(Checks) ? Checks.map(decodeCheckDefinition) : [],
      sidecar: Sidecar === true,
      at: timeOf(Registered),
      checksAt: isJsonArray(ChecksRegistered) ? ChecksRegistered.map(timeOf) : [],
    }));
  }

  checks(): Promise<readonly KeptCheck[]> {
    return this.#load("checks", (kept): KeptCheck => {
      const maintenance = kept["Maintenance"];
      const at = timeOf(kept["Registered"]);
      if (!isJsonObject(maintenance)) return { kind: "check", definition: decodeCheckDefinition(kept["Check"] ?? null), at };
      const { ServiceID, Reason, Token } = maintenance;
      return { kind: "maintenance", serviceId: textOf(ServiceID), reason: textOf(Reason), token: textOf(Token), at };
    });
  }

  reports(): Promise<readonly KeptReport[]> {
    return this.#load("checks/state", ({ CheckID, Status, Output, Expires }) => ({
      checkId: textOf(CheckID),
      status: textOf(Status),
      output: textOf(Output),
      expires: Number(Expires),
    }));
  }

  /** Waits until what was to be written has been. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#writing.values());
  }

  #save(folder: string, id: string, content: JsonObject): Promise<void> {
    if (this.#folder === "") return Promise.resolve();
    const path = this.#pathOf(folder, id);
    this.#there.add(path);
    const waiting = this.#next.get(path);
    if (waiting !== undefined) {
      waiting.content = content;
      return waiting.done;
    }
    const done = this.#inTurn(path, async () => {
      if (this.#next.get(path) === next) this.#next.delete(path);
      if (!this.#made.has(folder)) await this.#files.makeFolder(`${this.#folder}/${folder}`);
      this.#made.add(folder);
      await this.#files.replace(path, Buffer.from(`${writeJson(next.content)}\n`));
    });
    const next = { content, done };
    this.#next.set(path, next);
    return done;
  }

  async #forget(folder: string, id: string): Promise<void> {
    const path = this.#pathOf(folder, id);
    if (!this.#there.delete(path)) return;
    this.#next.delete(path); // what is saved from now on comes after the removal
    await this.#inTurn(path, () => this.#files.remove(path));
  }

  /** A file is named after its id's hash: ids may hold what file names may not. */
  #pathOf(folder: string, id: string): string {
    return `${this.#folder}/${folder}/${createHash("sha256").update(id).digest("hex")}`;
  }

  async #inTurn(path: string, work: () => Promise<void>): Promise<void> {
    const before = this.#writing.get(path) ?? Promise.resolve();
    const result = before.then(work);
    const settled = result.catch(() => undefined); // whoever asked for it hears of it
    this.#writing.set(path, settled);
    try {
      await result;
    } finally {
      if (this.#writing.get(path) === settled) this.#writing.delete(path);
    }
  }

  /** A file that cannot be read stops nothing: it is told, and left where it is. */
  async #load<T>(folder: string, decode: (kept: JsonObject) => T): Promise<readonly T[]> {
    if (this.#folder === "") return [];
    const names = (await this.#files.list(`${this.#folder}/${folder}`)).filter((name) => /^[0-9a-f]{64}$/.test(name));
    const found = await eachAtOnce(names, FILES_READ_AT_ONCE, async (name): Promise<readonly T[]> => {
      const path = `${this.#folder}/${folder}/${name}`;
      const bytes = await this.#files.read(path);
      if (bytes === undefined) return [];
      this.#there.add(path);
      try {
        const value = parseJson(bytes.toString("utf8"));
        if (!isJsonObject(value)) throw new Error("it holds no object");
        return [decode(value)];
      } catch (error) {
        this.#logger.warn("Cannot restore from a file: it is passed over", { file: path, error: messageOf(error) });
        return [];
      }
    });
    return found.flat();
  }
}

function timeOf(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
