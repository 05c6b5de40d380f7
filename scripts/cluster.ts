/**
 * Starts a cluster of servers on this machine with one command and stops it with another.
 *
 *     npm run cluster -- up 3          three servers on 127.0.0.1, .2 and .3, with the configurations of cluster-configs/three
 *     npm run cluster -- status        who runs, who leads
 *     npm run cluster -- down          stops them; their data stays in data/cluster
 *     npm run cluster -- down --wipe   and removes it
 *
 * `--net 127.0.7` uses other addresses, `--state FOLDER` another folder than data/cluster.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isJsonArray, isJsonObject, type JsonValue } from "../src/base/json.ts";
import { Client } from "../src/client/index.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MAX_SERVERS = 9;
const READY_MS = 30_000;
const STOP_MS = 15_000;
const SERVER_PORT = 8300;
/** Clusters for which there are configurations to show; others get the same, made up here. */
const FOLDERS: Readonly<Record<number, string>> = { 3: "three", 5: "five" };

interface Member {
  readonly name: string;
  readonly address: string;
  readonly pid: number;
}

interface Options {
  readonly net: string;
  readonly state: string;
}

async function main(argv: readonly string[]): Promise<number> {
  const { words, options, wipe } = parse(argv);
  const [command, count = "3"] = words;
  if (command === "up") return up(Number(count), options);
  if (command === "down") return down(options, wipe);
  if (command === "status") return status(options);
  say("Usage: npm run cluster -- up N | down [--wipe] | status   [--net 127.0.0] [--state data/cluster]");
  return 1;
}

function parse(argv: readonly string[]): { readonly words: readonly string[]; readonly options: Options; readonly wipe: boolean } {
  const words: string[] = [];
  let net = "127.0.0";
  let state = join(ROOT, "data", "cluster");
  let wipe = false;
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    if (word === "--net") net = argv[++at] ?? net;
    else if (word === "--state") state = argv[++at] ?? state;
    else if (word === "--wipe") wipe = true;
    else words.push(word);
  }
  return { words, options: { net, state }, wipe };
}

async function up(count: number, options: Options): Promise<number> {
  if (!Number.isInteger(count) || count < 1 || count > MAX_SERVERS) {
    say(`up takes a number of servers from 1 to ${MAX_SERVERS}`);
    return 1;
  }
  const running = read(options).filter((member) => isOurs(member));
  if (running.length > 0) {
    say(`A cluster runs already: ${running.map(({ name }) => name).join(", ")}. Stop it first: npm run cluster -- down`);
    return 1;
  }
  const members: Member[] = [];
  for (let number = 1; number <= count; number++) {
    members.push(startServer(number, count, options));
    write(members, options);
  }
  try {
    await form(members);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    await down(options, false);
    return 1;
  }
  await status(options);
  say(`\nTry: bin/kvorum kv put -http-addr=${members.at(-1)?.address}:8500 greeting hello\nLogs: ${options.state}/n*.log. Stop: npm run cluster -- down`);
  return 0;
}

function startServer(number: number, count: number, { net, state }: Options): Member {
  const name = `n${number}`;
  const address = `${net}.${number}`;
  mkdirSync(join(state, name), { recursive: true });
  const log = openSync(join(state, `${name}.log`), "a");
  const args = ["agent", `-config-file=${configFile(number, count, state)}`, `-data-dir=${join(state, name)}`, `-bind=${address}`, `-client=${address}`];
  for (let other = 1; other <= count; other++)
    if (other !== number && (net !== "127.0.0" || FOLDERS[count] === undefined)) args.push(`-retry-join=${net}.${other}`);
  const child = spawn(join(ROOT, "bin", "kvorum"), args, { cwd: ROOT, detached: true, stdio: ["ignore", log, log] });
  child.unref();
  return { name, address, pid: child.pid ?? -1 };
}

function configFile(number: number, count: number, state: string): string {
  const folder = FOLDERS[count];
  if (count === 1) return join(ROOT, "cluster-configs", "one.json");
  if (folder !== undefined) return join(ROOT, "cluster-configs", folder, `n${number}.json`);
  const path = join(state, `n${number}.json`);
  writeFileSync(
    path,
    JSON.stringify({
      node_name: `n${number}`,
      server: true,
      bootstrap_expect: count,
      performance: { raft_multiplier: 1 },
      autopilot: { server_stabilization_time: "500ms" },
      ui: true,
    }),
  );
  return path;
}

/** Waits until the servers have formed a cluster and all of them vote. */
async function form(members: readonly Member[]): Promise<void> {
  for (const member of members) {
    await until(`${member.name} answers`, async () => (await ask(member, "/v1/status/leader")) !== undefined, member);
  }
  await until("a leader", async () => leaderOf(members));
  const leader = (await leaderOf(members)) ?? members[0];
  if (leader === undefined) return;
  await until("all servers vote", async () => (await servers(leader)).filter((server) => server.voter).length >= members.length);
}

async function down(options: Options, wipe: boolean): Promise<number> {
  const members = read(options).filter((member) => isOurs(member));
  for (const { pid } of members) process.kill(pid, "SIGTERM");
  const deadline = performance.now() + STOP_MS;
  for (const member of members) {
    while (isOurs(member) && performance.now() < deadline) await sleep(50);
    if (isOurs(member)) process.kill(member.pid, "SIGKILL");
  }
  rmSync(stateFile(options), { force: true });
  if (wipe) rmSync(options.state, { recursive: true, force: true });
  say(members.length === 0 ? "No server runs" : `Stopped ${members.map(({ name }) => name).join(", ")}${wipe ? " and removed their data" : ""}`);
  return 0;
}

async function status(options: Options): Promise<number> {
  const members = read(options);
  if (members.length === 0) {
    say("No cluster was started here");
    return 1;
  }
  const leader = await leaderOf(members);
  for (const member of members) {
    const state = !isOurs(member) ? "stopped" : member.address === leader?.address ? "leader" : "running";
    say(`${member.name}  http://${member.address}:8500  pid ${member.pid}  ${state}`);
  }
  return 0;
}

async function leaderOf(members: readonly Member[]): Promise<Member | undefined> {
  for (const member of members) {
    const address = await ask(member, "/v1/status/leader");
    const found = members.find((one) => `${one.address}:${SERVER_PORT}` === address);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function servers(by: Member): Promise<readonly { readonly address: string; readonly voter: boolean }[]> {
  const answer = await ask(by, "/v1/operator/raft/configuration");
  const list = isJsonObject(answer) ? answer["Servers"] : undefined;
  return isJsonArray(list) ? list.filter(isJsonObject).map((server) => ({ address: String(server["Address"]), voter: server["Voter"] === true })) : [];
}

/** The JSON of an answer; `undefined` when there is none. */
async function ask(member: Member, path: string): Promise<JsonValue | undefined> {
  using client = clientOf(member);
  try {
    return await client.json("GET", path, { timeoutMs: 2_000 });
  } catch {
    return undefined; // not up yet, or without a leader: whoever asks asks again
  }
}

function clientOf({ address }: Member): Client {
  return new Client({ address: `${address}:8500` });
}

async function until(what: string, holds: () => Promise<unknown>, member?: Member): Promise<void> {
  const deadline = performance.now() + READY_MS;
  while (!(await holds())) {
    if (member !== undefined && !isOurs(member)) throw new Error(`${member.name} ended at its start; its log says why`);
    if (performance.now() > deadline) throw new Error(`Gave up waiting: ${what}`);
    await sleep(50);
  }
}

/** Whether the process is there and still the server we started: process ids are given again. */
function isOurs({ pid, address }: Member): boolean {
  try {
    process.kill(pid, 0);
    const path = `/proc/${pid}/cmdline`;
    return !existsSync("/proc/self/cmdline") || readFileSync(path, "utf8").includes(`-bind=${address}`);
  } catch {
    return false; // gone
  }
}

function stateFile({ state }: Options): string {
  return join(state, "cluster.json");
}

function read(options: Options): readonly Member[] {
  const path = stateFile(options);
  if (!existsSync(path)) return [];
  const list: unknown = JSON.parse(readFileSync(path, "utf8"));
  return Array.isArray(list) ? (list as readonly Member[]) : [];
}

function write(members: readonly Member[], options: Options): void {
  writeFileSync(stateFile(options), `${JSON.stringify(members, null, 2)}\n`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main(process.argv.slice(2));
