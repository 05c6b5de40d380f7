import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { MembershipChange } from "../../../src/raft/core/types.ts";
import { bootstrapped, Cluster, emptyDisk, id, voters } from "./cluster.ts";
import { describeConfiguration, describeEffect, describeEntry } from "./describe-effect.ts";

const FOLDER = fileURLToPath(new URL("../../transcripts/raft/", import.meta.url));

/** Runs the commands of a transcript, each a line that begins with `> `, and tells what the servers did. */
class Story {
  #cluster = new Cluster({});
  readonly #tails = { entries: 2, bytes: 1e6 };

  run(line: string): string[] {
    const [command = "", ...words] = line.split(" ");
    this.#do(command, words);
    return command === "show" ? this.#show() : this.#tell();
  }

  #do(command: string, words: readonly string[]): void {
    const cluster = this.#cluster;
    const [first = "", second = "", ...rest] = words;
    switch (command) {
      case "cluster":
        return this.#begin(words);
      case "tick":
        return cluster.tick(first, Number(second || 1));
      case "run":
        return void cluster.run(Number(first));
      case "settle":
        return void cluster.settle();
      case "lead":
        cluster.elect(first);
        this.#tell();
        return this.#told(`${first} is leader in term ${cluster.at(first).core.term}, and everybody has heard it`);
      case "vote":
        while (cluster.at(first).core.role !== "leader") cluster.nudge();
        return undefined;
      case "hold":
        return void cluster.stuck.add(first);
      case "sync":
        return cluster.post(first, cluster.at(first).sync());
      case "propose":
        return void cluster.propose(first, second, ...rest);
      case "isolate":
        return cluster.isolate(first);
      case "heal":
        return cluster.heal();
      case "crash":
        cluster.letters = cluster.letters.filter((letter) => letter.to !== first);
        cluster.at(first).crash();
        return cluster.step(first, { kind: "start" });
      case "change":
        return cluster.step(first, { kind: "change", change: changeOf(second, rest[0] ?? "") });
      case "transfer":
        return cluster.step(first, { kind: "transfer", to: second === "" ? undefined : id(second) });
      case "read":
        return cluster.step(first, { kind: "read", batch: Number(second) });
      case "unreachable":
        return cluster.step(first, { kind: "unreachable", id: id(second) });
      case "stall":
        return cluster.step(first, { kind: "stalled", what: second === "disk" ? "disk" : "loop" });
      case "snapshot": {
        const saved = cluster.at(first).snapshot();
        return saved === undefined ? undefined : cluster.step(first, saved);
      }
      case "show":
        return undefined;
      default:
        throw new Error(`Unknown command "${command}"`);
    }
  }

  /** `cluster a b c + d`: three voters, and one whose disk is empty. */
  #begin(words: readonly string[]): void {
    const plus = words.indexOf("+");
    const names = plus < 0 ? words : words.slice(0, plus);
    const disks = [
      ...names.map((name) => [name, bootstrapped(voters(...names))]),
      ...(plus < 0 ? [] : words.slice(plus + 1).map((name) => [name, emptyDisk()])),
    ];
    this.#cluster = new Cluster(Object.fromEntries(disks), { tail: this.#tails });
    for (const [name, server] of this.#cluster.servers) server.onEffect = (effect) => this.#lines.push(describeEffect(name, effect));
  }

  readonly #lines: string[] = [];

  #told(line: string): void {
    this.#lines.push(line);
  }

  #tell(): string[] {
    return this.#lines.splice(0);
  }

  #show(): string[] {
    return [...this.#cluster.servers.values()].map(({ name, core, content }) => {
      const log: string[] = [];
      for (let index = core.firstIndex as number; index <= core.lastIndex; index++) {
        const entry = core.entryAt(index);
        if (entry !== undefined) log.push(describeEntry(entry));
      }
      return `${name}: ${core.role}, term ${core.term}, commit ${core.commitIndex}, of ${describeConfiguration(core.configuration)}; log ${log.join(" ") || "empty"}; has ${content.join(" ") || "nothing"}`;
    });
  }
}

function changeOf(kind: string, which: string): MembershipChange {
  if (kind === "add-learner") return { kind, id: id(which), address: `${which}:8300`, name: which };
  if (kind === "promote" || kind === "demote" || kind === "remove") return { kind, id: id(which) };
  throw new Error(`Unknown change "${kind}"`);
}

function play(text: string): string {
  const story = new Story();
  const out: string[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("> ")) out.push(line, ...story.run(line.slice(2)).map((told) => `  ${told}`));
    else if (line.startsWith("#") || line === "") out.push(line);
  }
  return out.join("\n");
}

describe("RaftCore tells its stories as written (test/transcripts/raft, UPDATE=1 rewrites)", () => {
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".txt"))) {
    it(file, () => {
      const written = readFileSync(`${FOLDER}${file}`, "utf8");
      const told = play(written);
      if (process.env["UPDATE"] === "1") writeFileSync(`${FOLDER}${file}`, told);
      else assert.equal(told, written);
    });
  }
});
