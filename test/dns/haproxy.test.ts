import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { Api } from "../support/api.ts";
import { cannotRun } from "../support/missing.ts";
import { RunningProgram, removeFolder, scratchFolder } from "../support/processes.ts";
import { PROGRAM } from "../support/programs.ts";
import { until } from "../support/until.ts";
import { DnsAgent } from "./recording.ts";

const HAPROXY = "/usr/sbin/haproxy";
const DOORS = { every: 8081, tagged: 8082, node: 8083 } as const;
/** More requests in a row than there are servers behind any door, which takes them in turn. */
const ROUND = 8;

/**
 * A connection that HAProxy keeps to a server goes on to the old address when the server gets another, so none is kept. Servers are found by SRV records, by those of a tag, and by the name of a node; what was found is forgotten at once.
 */
function configuration(address: string): string {
  const found = "resolvers agent resolve-prefer ipv4 init-addr none";
  const door = (name: keyof typeof DOORS, servers: string): string =>
    `frontend ${name}-door\n  bind ${address}:${DOORS[name]}\n  default_backend ${name}\nbackend ${name}\n  balance roundrobin\n  ${servers} ${found}\n`;
  return [
    "global\n  maxconn 200\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n  option http-server-close\n",
    `resolvers agent\n  nameserver first ${address}:8600\n  accepted_payload_size 8192\n  timeout resolve 200ms\n  timeout retry 1s\n`,
    ...["valid", "obsolete", "nx", "other", "refused", "timeout"].map((state) => `  hold ${state} 100ms\n`),
    door("every", "server-template s 5 _front._tcp.service.consul"),
    door("tagged", "server-template s 3 _front._blue.service.consul"),
    door("node", "server s self.node.consul:9003"),
  ].join("");
}

/** The agent, servers that answer with their names, and the real HAProxy before them. */
class Scene implements AsyncDisposable {
  readonly #agent: DnsAgent;
  readonly #folder = scratchFolder("haproxy");
  readonly #servers: Server[] = [];
  readonly #doors: Readonly<Record<keyof typeof DOORS, Api>>;
  #haproxy: RunningProgram | undefined;

  private constructor(agent: DnsAgent) {
    this.#agent = agent;
    const door = (port: number): Api => new Api(agent.address, port);
    this.#doors = { every: door(DOORS.every), tagged: door(DOORS.tagged), node: door(DOORS.node) };
  }

  static async open(): Promise<Scene> {
    return new Scene(await DnsAgent.start(PROGRAM, {}));
  }

  /** Makes a server with a port of its own, at the agent's address or at another, and registers it, passing. */
  async add(name: string, { tag, port, elsewhere }: { readonly tag: string; readonly port: number; readonly elsewhere: boolean }): Promise<void> {
    const address = elsewhere ? this.#agent.address.replace(/\d+$/, String(port % 100)) : this.#agent.address;
    const server = createServer((_request, answer) => answer.end(name));
    await new Promise<void>((resolve) => server.listen(port, address, resolve));
    this.#servers.push(server);
    const check = { TTL: "10m", Status: "passing" };
    await this.put("service/register", { Name: "front", ID: name, Port: port, Tags: [tag], Check: check, ...(elsewhere ? { Address: address } : {}) });
  }

  async put(path: string, body?: object): Promise<void> {
    const { status } = await this.#agent.api.ask("PUT", `/v1/agent/${path}`, body === undefined ? {} : { body: JSON.stringify(body) });
    assert.equal(status, 200, path);
  }

  startHaproxy(): void {
    const file = join(this.#folder, "haproxy.cfg");
    writeFileSync(file, configuration(this.#agent.address));
    this.#haproxy = new RunningProgram({ command: HAPROXY, args: ["-db", "-f", file], logFile: join(this.#folder, "log") });
  }

  /** Waits until these answer behind a door, all of them and nobody else; nobody is a 503. */
  async see(door: keyof typeof DOORS, expected: readonly string[]): Promise<void> {
    await until(`behind "${door}": ${expected.join(", ") || "nobody"}`, async () => {
      const seen = new Set<string>();
      for (let at = 0; at < ROUND; at++) {
        const { status, body } = await this.#doors[door].ask("GET", "/");
        seen.add(status === 200 ? body.toString() : `${status}`);
      }
      return assert.deepEqual([...seen].sort(), expected.length === 0 ? ["503"] : [...expected].sort()) === undefined;
    });
  }

  log(): string {
    return this.#haproxy?.log() ?? "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#haproxy?.kill();
    for (const api of Object.values(this.#doors)) api.close();
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
    await this.#agent[Symbol.asyncDispose]();
    removeFolder(this.#folder);
  }
}

describe("the real HAProxy with server templates", { timeout: 300_000 }, () => {
  it("sends requests to what SRV and A records name, and follows every change", async (t: TestContext) => {
    if (!existsSync(HAPROXY)) {
      cannotRun(t, "haproxy, which finds its servers over DNS");
      return;
    }
    await using scene = await Scene.open();
    await scene.add("one", { tag: "blue", port: 9011, elsewhere: true });
    await scene.add("two", { tag: "green", port: 9012, elsewhere: true });
    await scene.add("three", { tag: "blue", port: 9003, elsewhere: false });
    scene.startHaproxy();

    await scene.see("every", ["one", "two", "three"]);
    await scene.see("tagged", ["one", "three"]);
    await scene.see("node", ["three"]);

    await scene.put("check/fail/service:two");
    await scene.see("every", ["one", "three"]);

    await scene.add("four", { tag: "blue", port: 9014, elsewhere: true });
    await scene.put("service/deregister/one");
    await scene.put("check/pass/service:two");
    await scene.see("every", ["two", "three", "four"]);
    await scene.see("tagged", ["three", "four"]);

    await scene.put("maintenance?enable=true");
    await scene.see("every", []);
    await scene.see("node", ["three"]);
    await scene.put("maintenance?enable=false");
    await scene.see("every", ["two", "three", "four"]);
    assert.doesNotMatch(scene.log(), /DNS (timeout|refused|other|invalid)|ALERT.*pars/i);
  });
});
