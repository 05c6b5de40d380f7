import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { worstOf } from "../../src/agent/checks/alias.ts";
import { engineOf, unframed } from "../../src/agent/checks/docker.ts";
import { decodeStatus, encodeRequest } from "../../src/agent/checks/grpc.ts";
import { cutReport, programOutput } from "../../src/agent/checks/output.ts";
import { Thresholds } from "../../src/agent/checks/thresholds.ts";
import { NETWORK_CHECKS_AT_ONCE } from "../../src/agent/limits.ts";
import { Slots } from "../../src/base/slots.ts";
import { check, ONCE, service, startAgent } from "./support.ts";

const HTTP = check({ id: "h", name: "h", http: "http://10.0.0.9/", intervalMs: 10_000 });

describe("the Docker Engine of checks", () => {
  it("is where DOCKER_HOST says: at a socket or a port, and else at the usual socket", () => {
    assert.deepEqual(engineOf(""), { url: "http://docker", socketPath: "/var/run/docker.sock" });
    assert.deepEqual(engineOf("unix:///run/user/1/docker.sock"), { url: "http://docker", socketPath: "/run/user/1/docker.sock" });
    assert.deepEqual(engineOf("tcp://10.0.0.1:2375/"), { url: "http://10.0.0.1:2375", socketPath: undefined });
    assert.throws(() => engineOf("ssh://host"), { code: "unavailable", message: /^Invalid Docker host "ssh:\/\/host"/ });
  });
});

describe("checks that an agent runs", () => {
  it("repeat, with their interval between the end of one and the next", async () => {
    let asked = 0;
    const { agent, clock } = await startAgent({
      web: async () => {
        asked++;
        return { status: asked === 1 ? 200 : asked === 2 ? 429 : 500 };
      },
    });
    await agent.registerCheck(HTTP);
    const seen: (string | undefined)[] = [];
    for (let times = 0; times < 3; times++) {
      await clock.pass(times === 0 ? 0 : 10_000);
      seen.push(agent.checks()[0]?.status);
    }
    assert.deepEqual(seen, ["passing", "warning", "critical"]);
    await agent.deregisterCheck("h");
    await clock.pass(100_000);
    assert.equal(asked, 3);
  });

  it("say that they send no body where servers want to hear it (HTTP)", async () => {
    const lengths: (string | undefined)[] = [];
    const { agent, clock } = await startAgent({
      web: async (_, { headers }) => {
        lengths.push(headers.find(([name]) => name === "Content-Length")?.[1]);
        return {};
      },
    });
    for (const [method, body] of [
      ["", ""],
      ["DELETE", ""],
      ["PUT", ""],
      ["post", ""],
      ["POST", "12"],
    ] as const) {
      await agent.registerCheck({ ...HTTP, method, body });
      await clock.pass(0);
    }
    assert.deepEqual(lengths, [undefined, undefined, "0", "0", "2"]);
  });

  it("spread over their interval, and so many at once and no more", async () => {
    let open = 0;
    let most = 0;
    let dice = 0;
    const answer: (() => void)[] = [];
    const { agent, clock } = await startAgent({
      int: (below) => (dice++ * 7_919) % below,
      web: async () => {
        most = Math.max(most, ++open);
        await new Promise<void>((resolve) => answer.push(resolve));
        open--;
        return {};
      },
    });
    for (let number = 0; number < 1_000; number++) await agent.registerCheck({ ...HTTP, id: `h${number}` });
    await clock.pass(1_000);
    assert(answer.length > 20 && answer.length < 250, `a tenth of them has begun after a tenth of the interval, not ${answer.length}`);
    await clock.pass(9_000);
    assert.equal(most, NETWORK_CHECKS_AT_ONCE);
    for (let next = answer.shift(); next !== undefined; next = answer.shift()) {
      next();
      await setImmediate();
    }
    assert.equal(agent.checks("Status == passing").length, 1_000);
    assert.equal(most, NETWORK_CHECKS_AT_ONCE);
  });

  it("are critical with the reason where they cannot run", async () => {
    const { agent, clock } = await startAgent({ settings: { remotePrograms: true } });
    await agent.registerCheck(check({ id: "s", name: "s", args: ["true"], intervalMs: 1_000, status: "passing" }));
    await clock.pass(0);
    assert.deepEqual(
      agent.checks().map(({ status, output }) => [status, output]),
      [["critical", "This agent cannot run programs"]],
    );
  });

  it("take a program's exit code: 0 passing, 1 warning, others critical (Consul docs, checks: script)", async () => {
    const codes = [0, 1, 2, undefined];
    const output = { kept: Buffer.from("out\n"), totalBytes: 4 };
    const { agent, clock } = await startAgent({ settings: { remotePrograms: true }, run: async () => ({ exitCode: codes.shift(), output, timedOut: false }) });
    await agent.registerCheck(check({ id: "s", name: "s", args: ["x"], intervalMs: 1_000 }));
    const seen: (string | undefined)[] = [];
    for (let times = 0; times < 4; times++) {
      await clock.pass(times === 0 ? 0 : 1_000);
      seen.push(agent.checks()[0]?.status);
    }
    assert.deepEqual(seen, ["passing", "warning", "critical", "critical"]);
  });

  it("run within a container, by the Docker Engine's exec", async () => {
    const asked: string[] = [];
    const body = (text: string | Buffer) => ({ body: { kept: Buffer.from(text), totalBytes: text.length } });
    const { agent, clock } = await startAgent({
      settings: { remotePrograms: true },
      web: async (url) => {
        asked.push(url);
        if (url.endsWith("/exec")) return body('{"Id":"e1"}');
        return url.endsWith("/start") ? body(Buffer.from([1, 0, 0, 0, 0, 0, 0, 3, 0x68, 0x69, 0x0a])) : body('{"ExitCode":1}');
      },
    });
    await agent.registerCheck(check({ id: "d", name: "d", args: ["true"], dockerContainerId: "box", intervalMs: 1_000 }));
    await clock.pass(0);
    assert.deepEqual(asked, ["http://docker/containers/box/exec", "http://docker/exec/e1/start", "http://docker/exec/e1/json"]);
    assert.deepEqual(
      agent.checks().map(({ status, output, type }) => [status, output, type]),
      [["warning", "hi\n", "docker"]],
    );
  });

  it("take their service out when they have been critical for long enough, at least a minute", async () => {
    const { agent, clock } = await startAgent();
    const dead = check({ ttlMs: 1_000, deregisterCriticalServiceAfterMs: 1_000 });
    await agent.registerService(service("web", { checks: [dead] }), ONCE);
    await clock.pass(60_000);
    assert.equal(agent.services().length, 1);
    await clock.pass(30_000);
    assert.equal(agent.services().length, 0);
  });

  it("say that nobody reported in time, with the last report (TTL)", async () => {
    const { agent, clock } = await startAgent();
    await agent.registerCheck(check({ id: "t", name: "t", ttlMs: 5_000 }));
    await clock.pass(4_000);
    await agent.report("t", "passing", "alive");
    await clock.pass(4_999);
    assert.equal(agent.checks()[0]?.status, "passing");
    await clock.pass(1);
    assert.equal(agent.checks()[0]?.output, "TTL expired (last output before timeout follows): alive");
    await assert.rejects(agent.report("nobody", "passing", ""), /CheckID "nobody" does not have associated TTL/);
  });

  it("follow another service (alias)", async () => {
    const { agent, clock } = await startAgent();
    await agent.registerCheck(check({ id: "a", name: "a", aliasService: "web" }));
    const of = async (): Promise<string | undefined> => {
      await clock.pass(0);
      return agent.checks('CheckID == "a"')[0]?.output;
    };
    assert.equal(await of(), "Service web could not be found on node ");
    await agent.registerService(service("web"), ONCE);
    assert.equal(await of(), "No checks found.");
    await agent.registerCheck(check({ id: "t", name: "beat", serviceId: "web", ttlMs: 1_000_000 }));
    assert.equal(await of(), 'Aliased check "beat" failing: ');
    await agent.report("t", "passing", "");
    assert.equal(await of(), "All checks passing.");
    await agent.deregisterService("web");
    assert.equal(await of(), "Service web could not be found on node ");
  });
});

describe("an alias of another node's service", () => {
  const FAR = { node: "far", checkId: "c", name: "far check", status: "warning", output: "tired", serviceId: "db" };

  for (const [say, services, checks, expected] of [
    ["is as bad as its checks", ["db"], [FAR], ["warning", 'Aliased check "far check" failing: tired']],
    ["takes no check of another service", ["db"], [{ ...FAR, serviceId: "web" }], ["passing", "No checks found."]],
    ["is critical when there is no such service, whatever its node's checks", ["web"], [FAR], ["critical", "Service db could not be found on node far"]],
  ] as const) {
    it(say, async () => {
      const { agent, catalog, clock } = await startAgent();
      const near = catalog.backend.call;
      // Of the other node the catalog tells this; what is asked again waits.
      let asked = 0;
      const meta = { index: 7, lastContactMs: 0, knownLeader: true };
      Object.assign(catalog.backend, {
        call: (method: string, request: { readonly node?: unknown }) => {
          if (request.node !== "far") return Reflect.apply(near, undefined, [method, request]);
          if (method === "Health.Node") return asked++ === 0 ? Promise.resolve({ value: checks, meta }) : new Promise(() => undefined);
          return Promise.resolve({ value: { node: {}, services: services.map((id) => ({ id })) }, meta });
        },
      });
      await agent.registerCheck(check({ id: "a", name: "a", aliasNode: "far", aliasService: "db" }));
      for (let turns = 0; turns < 3; turns++) await clock.pass(0);

      const [{ status, output } = { status: "", output: "" }] = agent.checks('CheckID == "a"');
      assert.deepEqual([status, output], expected);
    });
  }
});

describe("Thresholds", () => {
  const run = (limits: readonly [number, number], statuses: string): string =>
    [...statuses]
      .reduce<{ readonly thresholds: Thresholds; readonly out: string }>(
        ({ thresholds, out }, letter) => ({
          thresholds,
          out: out + (thresholds.passes({ status: letter === "p" ? "passing" : letter === "w" ? "warning" : "critical" }) ? letter : "."),
        }),
        { thresholds: new Thresholds({ successBeforePassing: limits[0], failuresBeforeCritical: limits[1] }), out: "" },
      )
      .out.trim();
  for (const [limits, statuses, told] of [
    [[0, 0], "pcwp", "pcwp"],
    [[1, 1], "pcwp", "pcwp"],
    [[3, 0], "ppcppwp", "..c..wp"],
    [[0, 2], "cpccc", ".p.cc"],
  ] as const) {
    it(`lets ${told} of ${statuses} through at ${limits}`, () => assert.equal(run(limits, statuses), told));
  }
});

describe("what checks read and write", () => {
  it("cuts reports at the limit, and tells of what a program printed before its end (Consul's forms)", () => {
    assert.equal(cutReport("abcdef", 6), "abcdef");
    assert.equal(cutReport("abcdef", 4), "abcd ... (captured 4 of 6 bytes)");
    assert.equal(programOutput({ kept: Buffer.from("ef"), totalBytes: 6 }), "Captured 2 of 6 bytes\n...\nef");
    assert.equal(programOutput({ kept: Buffer.from("ef"), totalBytes: 2 }), "ef");
  });

  it("goes by the worst of several checks", () => {
    const of = (...statuses: string[]) => worstOf(statuses.map((status) => ({ name: status, status, output: "o" })));
    assert.deepEqual(of("passing", "warning", "critical", "warning"), { status: "critical", output: 'Aliased check "critical" failing: o' });
    assert.equal(of("passing", "warning").status, "warning");
    assert.deepEqual(of("passing"), { status: "passing", output: "All checks passing." });
  });

  it("undoes Docker's frames (Docker Engine API, attach)", () => {
    const frame = (stream: number, text: string): Buffer => Buffer.concat([Buffer.from([stream, 0, 0, 0, 0, 0, 0, text.length]), Buffer.from(text)]);
    assert.equal(unframed(Buffer.concat([frame(1, "out "), frame(2, "err")])).toString(), "out err");
    assert.equal(unframed(Buffer.from([1, 0, 0])).toString(), "");
  });

  it("writes and reads gRPC's health messages", () => {
    assert.deepEqual([...encodeRequest("")], []);
    assert.deepEqual([...encodeRequest("ab")], [0x0a, 2, 0x61, 0x62]);
    assert.deepEqual([...encodeRequest("x".repeat(200))].slice(0, 3), [0x0a, 0xc8, 0x01]);
    const rows: readonly (readonly [reply: readonly number[], state: number | string])[] = [
      [[8, 1], 1],
      [[], 0],
      [[8, 0xac, 2], 300],
      [[0x12, 1, 0x41, 8, 1], 1],
      [[0x0a, 0xff], "unexpected EOF"],
      [[8], "unexpected EOF"],
      [[8, 0x80], "unexpected EOF"],
      [[0x11, 1, 2, 3], "unexpected EOF"],
      [[0x0f], "proto: illegal wireType 7"],
    ];
    for (const [reply, state] of rows) assert.equal(decodeStatus(Buffer.from(reply)), state, String(reply));
  });

  it("gives room back after a failure (Slots)", async () => {
    const slots = new Slots(1);
    await assert.rejects(slots.run(() => Promise.reject(new Error("no"))));
    assert.equal(await slots.run(async () => 1), 1);
  });
});
