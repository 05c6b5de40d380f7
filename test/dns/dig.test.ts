import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { after, before, describe, it, type TestContext } from "node:test";
import { promisify } from "node:util";
import { cannotRun } from "../support/missing.ts";
import { PROGRAM } from "../support/programs.ts";
import { DnsAgent } from "./recording.ts";

const DIG = "/usr/bin/dig";
const run = promisify(execFile);

describe("dig", () => {
  let agent: DnsAgent;
  before(async () => {
    agent = await DnsAgent.start(PROGRAM, { dns_config: { service_ttl: { web: "5s" }, enable_truncate: true } });
    await agent.fill();
  });
  after(() => agent[Symbol.asyncDispose]());

  async function dig(t: TestContext, ...words: readonly string[]): Promise<string | undefined> {
    if (!existsSync(DIG)) {
      cannotRun(t, "dig (bind9-dnsutils), which asks over DNS");
      return undefined;
    }
    const { stdout } = await run(DIG, [`@${agent.address}`, "-p", "8600", "+tries=2", "+time=10", ...words]);
    return stdout;
  }

  const QUESTIONS: readonly (readonly [words: string, ...lines: readonly RegExp[]])[] = [
    [
      "web.service.consul",
      /status: NOERROR/,
      /flags: qr aa rd; QUERY: 1, ANSWER: 3, /,
      /^web\.service\.consul\.\s+5\s+IN\s+A\s+10\.0\.1\.2$/m,
      /EDNS: version: 0, flags:; udp: 1232/,
    ],
    ["+noedns web.service.consul", /ADDITIONAL: 0/],
    [
      "+tcp web.service.consul SRV",
      /ANSWER: 3, AUTHORITY: 0, ADDITIONAL: 4/,
      /IN\s+SRV\s+1 1 8001 n1\.node\.dc1\.consul\./,
      /^n1\.node\.dc1\.consul\.\s+5\s+IN\s+A\s+10\.0\.1\.1$/m,
      /\(TCP\)/,
    ],
    ["+noedns +ignore many.service.consul", /flags: qr aa tc rd; QUERY: 1, ANSWER: 3, /],
    ["+noedns many.service.consul", /Truncated, retrying in TCP mode/, /ANSWER: 40, /],
    ["+bufsize=1232 +ignore many.service.consul SRV", /flags: qr aa tc rd;/, /MSG SIZE\s+rcvd: 1[012]\d\d$/m],
    ["+bufsize=4096 many.service.consul SRV", /flags: qr aa rd; QUERY: 1, ANSWER: 40, AUTHORITY: 0, ADDITIONAL: 41/],
    ["+subnet=10.1.2.0/24 q.query.consul", /CLIENT-SUBNET: 10\.1\.2\.0\/24\/24/, /ANSWER: 3/],
    ["+subnet=10.1.2.0/24 web.service.consul", /CLIENT-SUBNET: 10\.1\.2\.0\/24\/0/],
    ["_web._tcp.service.consul SRV", /ANSWER: 3/],
    ["six.node.consul AAAA", /IN\s+AAAA\s+2001:db8::6$/m],
    ["foo.node.consul TXT", /IN\s+TXT\s+"os=linux"$/m, /IN\s+TXT\s+"plain text"$/m],
    ["longmeta.node.consul TXT", /IN\s+TXT\s+"long=x{250}" "x{50}"$/m],
    ["-x 10.0.0.1", /IN\s+PTR\s+foo\.node\.dc1\.consul\.$/m],
    ["-x 2001:db8::d2", /IN\s+PTR\s+db\.service\.dc1\.consul\.$/m],
    ["consul SOA", /IN\s+SOA\s+ns\.consul\. hostmaster\.consul\. \d+ 3600 600 86400 0$/m, /IN\s+NS\s+self\.node\.dc1\.consul\.$/m],
    ["nosuch.service.consul", /status: NXDOMAIN/, /AUTHORITY: 1/],
    ["wide.service.consul A", /status: NOERROR/, /ANSWER: 0, AUTHORITY: 1/],
    ["example.com", /status: REFUSED/],
  ];
  for (const [words, ...lines] of QUESTIONS) {
    it(`${words}`, async (t) => {
      const said = await dig(t, ...words.split(" "));
      if (said === undefined) return;
      for (const line of lines) assert.match(said, line);
      assert.doesNotMatch(said, /malformed|Got bad packet|extra bytes/i);
    });
  }

  it("is answered by the new settings after a reload, but under the old domain (Consul 1.8.7)", async () => {
    await agent.reconfigure({ domain: "other", dns_config: { node_ttl: "9s", service_ttl: { "*": "8s" }, a_record_limit: 1 } });
    assert.deepEqual((await agent.answer("A n1.node.consul"))?.answer, ["n1.node.consul 9 IN A 10.0.1.1"]);
    const web = (await agent.answer("A web.service.consul"))?.answer ?? [];
    assert.equal(web.length, 1);
    assert.match(web[0] ?? "", /^web\.service\.consul 8 IN A /);
  });
});
