import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { cannotRun } from "../support/missing.ts";
import { RunningProgram, removeFolder, scratchFolder } from "../support/processes.ts";
import { PROGRAM } from "../support/programs.ts";
import { until } from "../support/until.ts";
import { ask, type Heard } from "./asking.ts";
import { DnsAgent } from "./recording.ts";

const DNSMASQ = "/usr/sbin/dnsmasq";
const PORT = 5353;

describe("dnsmasq, which asks us for a domain", () => {
  const folder = scratchFolder("dnsmasq");
  let agent: DnsAgent;
  let dnsmasq: RunningProgram | undefined;
  let address = "";

  before(async () => {
    if (!existsSync(DNSMASQ)) return;
    agent = await DnsAgent.start(PROGRAM, { dns_config: { service_ttl: { db: "60s" }, enable_truncate: true } });
    await agent.fill();
    // another address of the agent's own part of the loopback network
    address = agent.address.replace(/\.1$/, ".2");
    const args = [
      "--keep-in-foreground",
      "--conf-file=/dev/null",
      "--pid-file=",
      "--no-resolv",
      "--no-hosts",
      "--bind-interfaces",
      "--log-queries",
      "--log-facility=-",
    ];
    const upstream = `${agent.address}#8600`;
    args.push(`--listen-address=${address}`, `--port=${PORT}`, "--edns-packet-max=4096", `--server=/consul/${upstream}`, `--rev-server=10.0.0.0/8,${upstream}`);
    if (process.getuid?.() === 0) args.push("--user=root");
    dnsmasq = new RunningProgram({ command: DNSMASQ, args, logFile: join(folder, "log") });
    await until("dnsmasq answers", async () => (await asked("A n1.node.consul", 1_000))?.answer.length === 1);
  });
  after(async () => {
    await dnsmasq?.kill();
    await agent?.[Symbol.asyncDispose]();
    removeFolder(folder);
  });

  function asked(text: string, patienceMs?: number): Promise<Heard | undefined> {
    return ask({ server: address, port: PORT, text }, patienceMs);
  }

  /** A test that needs dnsmasq. */
  function through(name: string, test: (t: TestContext) => Promise<void>): void {
    it(name, async (t) => {
      if (!existsSync(DNSMASQ)) return cannotRun(t, "dnsmasq (dnsmasq-base), which asks over DNS");
      await test(t);
    });
  }

  const ROWS: readonly (readonly [question: string, head: RegExp, answers: number])[] = [
    ["A web.service.consul", /^NOERROR .*\baa\b/, 3],
    ["A wEb.SerVice.cOnsUl", /^NOERROR/, 3],
    ["SRV web.service.consul edns=1232", /^NOERROR/, 3],
    ["SRV _web._tcp.service.consul edns=1232", /^NOERROR/, 3],
    ["AAAA web.service.consul", /^NOERROR/, 0],
    ["TXT foo.node.consul", /^NOERROR/, 3],
    ["A nosuch.service.consul", /^NXDOMAIN/, 0],
    ["A q.query.consul", /^NOERROR/, 3],
    ["A 0a00000f.addr.consul", /^NOERROR/, 1],
    ["PTR 1.0.0.10.in-addr.arpa", /^NOERROR/, 1],
    ["SRV many.service.consul tcp", /^NOERROR (?!.*\btc\b)/, 40],
    ["SRV many.service.consul edns=4096", /^NOERROR (?!.*\btc\b)/, 40],
  ];
  for (const [question, head, answers] of ROWS) {
    through(`passes on what we say to ${question}`, async () => {
      const heard = await asked(question);
      assert.match(heard?.head ?? "", head);
      assert.equal(heard?.answer.length, answers);
    });
  }

  through("shows services that come and go in its next answer where their TTL is 0", async () => {
    const register = (port: number): Promise<unknown> =>
      agent.api.json("PUT", "/v1/catalog/register", {
        body: JSON.stringify({ Node: "n4", Address: "10.0.1.4", Service: { ID: "web4", Service: "web", Port: port } }),
      });
    for (let round = 1; round <= 5; round++) {
      await register(round);
      assert.equal((await asked("A web.service.consul edns=1232"))?.answer.length, 4);
      await agent.api.json("PUT", "/v1/catalog/deregister", { body: JSON.stringify({ Node: "n4", ServiceID: "web4" }) });
      assert.equal((await asked("A web.service.consul edns=1232"))?.answer.length, 3);
    }
  });

  through("keeps an answer for the TTL that we give, and asks us no more", async () => {
    const first = await asked("A db.service.consul edns=1232");
    await agent.api.json("PUT", "/v1/catalog/deregister", { body: JSON.stringify({ Node: "n1", ServiceID: "db1" }) });
    const second = await asked("A db.service.consul edns=1232");
    assert.match(first?.answer[0] ?? "", /^db\.service\.consul 60 IN A 10\.9\.0\.1$/);
    assert.match(second?.answer[0] ?? "", /^db\.service\.consul (60|[1-5]\d) IN A 10\.9\.0\.1$/);
  });
});
