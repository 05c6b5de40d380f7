import { dirname } from "node:path";
import { messageOf } from "../base/errors.ts";
import type { Clock, Files, FileWriter } from "../platform/index.ts";
import type { LamportTime } from "./core/index.ts";
import { SNAPSHOT_BYTES_MAX, SNAPSHOT_BYTES_PER_MEMBER, SNAPSHOT_COMPACT_BYTES, SNAPSHOT_FLUSH_MS } from "./limits.ts";
import type { GossipMetrics } from "./metrics.ts";
import type { RateLog } from "./rate-log.ts";

export interface Clocks {
  readonly member: LamportTime;
  readonly event: LamportTime;
  readonly query: LamportTime;
}

/** What the last process wrote down: who was alive where (`ip:port`), who had failed, and the last Lamport times it saw. */
export interface Remembered {
  readonly alive: ReadonlyMap<string, string>;
  /** They may be back by now: whoever was cut off and restarted knows nobody else. */
  readonly failed: ReadonlyMap<string, string>;
  readonly clocks: Clocks;
}

interface Parts {
  readonly files: Files;
  readonly clock: Clock;
  readonly metrics: GossipMetrics;
  readonly log: RateLog;
  readonly rejoinAfterLeave: boolean;
  /** The last times seen, now. */
  readonly clocks: () => Clocks;
}

/** Reads Serf's file of members. Lines it does not know are passed over; a torn last line is lost and no more. Failed members are comments to Serf. */
export function readSnapshot(text: string, rejoinAfterLeave: boolean): Remembered {
  const alive = new Map<string, string>();
  const failed = new Map<string, string>();
  let clocks: Clocks = { member: 0n, event: 0n, query: 0n };
  for (const line of text.split("\n")) {
    const [, kind, name = "", address = ""] = /^(alive|# failed): (.+) (\S+:\d+)$/.exec(line) ?? [];
    if (kind !== undefined || line.startsWith("not-alive: ")) {
      const known = kind === undefined ? line.slice("not-alive: ".length) : name;
      for (const map of [alive, failed]) map.delete(known);
      if (kind !== undefined) (kind === "alive" ? alive : failed).set(name, address);
    } else if (line === "leave" && !rejoinAfterLeave) {
      for (const map of [alive, failed]) map.clear();
      clocks = { member: 0n, event: 0n, query: 0n };
    } else clocks = withClock(clocks, line);
  }
  return { alive, failed, clocks };
}

function withClock(clocks: Clocks, line: string): Clocks {
  const [, name, digits = "0"] = /^(clock|event-clock|query-clock): (\d{1,19})$/.exec(line) ?? [];
  const time = BigInt(digits);
  if (name === "clock") return { ...clocks, member: time };
  if (name === "event-clock") return { ...clocks, event: time };
  if (name === "query-clock") return { ...clocks, query: time };
  return clocks;
}

/** The file of members: appended as the pool changes, written anew when it has grown. Losing it costs an automatic rejoin, so failures are only told. */
export class SnapshotFile implements AsyncDisposable {
  readonly #path: string;
  readonly #parts: Parts;
  readonly #alive = new Map<string, string>();
  readonly #failed = new Map<string, string>();
  #pending: string[] = [];
  #written: Clocks = { member: -1n, event: -1n, query: -1n };
  #writer: FileWriter | undefined;
  #bytes = 0;
  #timer: Disposable | undefined;
  #work: Promise<void> = Promise.resolve();
  #closed = false;
  #left = false;

  private constructor(path: string, parts: Parts) {
    this.#path = path;
    this.#parts = parts;
  }

  /** Gives what was remembered as well. Rejects with `disk` when the file is there but cannot be read. */
  static async open(path: string, parts: Parts): Promise<{ readonly file: SnapshotFile; readonly remembered: Remembered }> {
    await parts.files.makeFolder(dirname(path));
    const size = (await parts.files.size(path)) ?? 0;
    const text = size > SNAPSHOT_BYTES_MAX ? "" : ((await parts.files.read(path))?.toString("utf8") ?? "");
    const remembered = readSnapshot(text, parts.rejoinAfterLeave);
    const file = new SnapshotFile(path, parts);
    for (const [name, address] of remembered.alive) file.#alive.set(name, address);
    for (const [name, address] of remembered.failed) file.#failed.set(name, address);
    return { file, remembered };
  }

  alive(name: string, address: string): void {
    if (name.includes("\n") || this.#alive.get(name) === address) return;
    this.#failed.delete(name);
    this.#alive.set(name, address);
    this.#append(`alive: ${name} ${address}`);
  }

  failed(name: string, address: string): void {
    if (name.includes("\n") || this.#failed.get(name) === address) return;
    this.gone(name);
    this.#failed.set(name, address);
    this.#append(`# failed: ${name} ${address}`);
  }

  /** It has left, or is forgotten. */
  gone(name: string): void {
    const known = [this.#alive.delete(name), this.#failed.delete(name)];
    if (known.includes(true)) this.#append(`not-alive: ${name}`);
  }

  /** After this the file says that we went in peace. */
  leave(): void {
    if (!this.#parts.rejoinAfterLeave) for (const map of [this.#alive, this.#failed]) map.clear();
    this.#append("leave");
    this.#left = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return this.#work;
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    this.#flush();
    this.#work = this.#work.then(() => this.#writer?.close());
    await this.#work;
  }

  #append(line: string): void {
    if (this.#closed || this.#left) return;
    this.#pending.push(line);
    this.#timer ??= this.#parts.clock.after(SNAPSHOT_FLUSH_MS, () => {
      this.#timer = undefined;
      this.#flush();
    });
  }

  #flush(): void {
    const { log } = this.#parts;
    this.#work = this.#work
      .then(() => this.#write())
      .catch((error: unknown) => {
        this.#writer = undefined; // written anew the next time
        log.warn("snapshot", "Cannot write the file of members", { path: this.#path, error: messageOf(error) });
      });
  }

  async #write(): Promise<void> {
    const { clock, metrics } = this.#parts;
    const began = clock.now();
    const lines = this.#pending;
    this.#pending = [];
    const most = Math.max(SNAPSHOT_COMPACT_BYTES, SNAPSHOT_BYTES_PER_MEMBER * (this.#alive.size + this.#failed.size));
    if (this.#writer === undefined || this.#bytes > most) {
      await this.#writeAnew(lines.includes("leave"));
      metrics.snapshotCompact.observe(clock.now() - began);
      return;
    }
    const text = [...lines, ...this.#clockLines()].map((line) => `${line}\n`).join("");
    if (text === "") return;
    await this.#writer.write(Buffer.from(text));
    this.#bytes += text.length;
    metrics.snapshotAppend.observe(clock.now() - began);
  }

  /** Beside the old one, then in its place; the writer goes on in the new one. */
  async #writeAnew(left: boolean): Promise<void> {
    const { files } = this.#parts;
    await this.#writer?.close();
    this.#writer = undefined;
    this.#written = { member: -1n, event: -1n, query: -1n };
    const listed = (kind: string, map: ReadonlyMap<string, string>): readonly string[] => [...map].map(([name, address]) => `${kind}: ${name} ${address}`);
    const lines = [...listed("alive", this.#alive), ...listed("# failed", this.#failed), ...this.#clockLines(), ...(left ? ["leave"] : [])];
    const content = Buffer.from(lines.map((line) => `${line}\n`).join(""));
    const writer = await files.create(`${this.#path}.compact`);
    await writer.write(content);
    await writer.sync();
    await files.rename(`${this.#path}.compact`, this.#path);
    this.#writer = writer;
    this.#bytes = content.length;
  }

  #clockLines(): readonly string[] {
    const now = this.#parts.clocks();
    const old = this.#written;
    this.#written = now;
    return [
      ...(now.member === old.member ? [] : [`clock: ${now.member}`]),
      ...(now.event === old.event ? [] : [`event-clock: ${now.event}`]),
      ...(now.query === old.query ? [] : [`query-clock: ${now.query}`]),
    ];
  }
}
