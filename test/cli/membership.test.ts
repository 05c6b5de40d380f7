import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import { kvorum, ScriptedAgent } from "./support.ts";

describe("commands of membership", () => {
  it("join by any address that answers, and force a member out", async () => {
    const nobody = { status: 500, answer: "1 error occurred:\n\t* Failed to join x: nobody there\n\n" };
    await using agent = await ScriptedAgent.start([
      { request: "PUT /v1/agent/join/x", ...nobody },
      { request: "PUT /v1/agent/join/10.0.0.1:8301" },
      { request: "PUT /v1/agent/join/x?wan=1", ...nobody },
      { request: "PUT /v1/agent/force-leave/n1" },
      { request: "PUT /v1/agent/force-leave/n1?prune=1" },
    ]);
    const fault = "Error joining address 'x': Unexpected response code: 500 (1 error occurred:\n\t* Failed to join x: nobody there\n\n)\n";
    assert.deepEqual(await kvorum(["join", "x", "10.0.0.1:8301"], agent), {
      code: 0,
      out: "Successfully joined cluster by contacting 1 nodes.\n",
      err: fault,
    });
    assert.deepEqual(await kvorum(["join", "-wan", "x"], agent), { code: 1, out: "", err: `${fault}Failed to join any nodes.\n` });
    assert.deepEqual(await kvorum(["force-leave", "n1"], agent), { code: 0, out: "", err: "" });
    assert.equal((await kvorum(["force-leave", "-prune", "n1"], agent)).code, 0);
    assert.match((await kvorum(["join"])).err, /^At least one address to join must be specified\.\n\nUsage: kvorum join/);
    assert.match((await kvorum(["force-leave"])).err, /^A single node name must be specified to force leave\.\n\nUsage: kvorum force-leave/);
  });

  it("fire an event, its filters looked at first", async () => {
    await using agent = await ScriptedAgent.start([
      { request: "GET /v1/agent/self", answer: "{}" },
      { request: "PUT /v1/event/fire/deploy?node=n.*&service=web&tag=v1", body: "v2", answer: '{"ID":"i"}' },
    ]);
    assert.equal((await kvorum(["event", "-name=deploy", "-node=n.*", "-service=web", "-tag=v1", "v2"], agent)).out, "Event ID: i\n");
    assert.equal((await kvorum(["event", "-name=x", "-node=("])).err, "Failed to compile node filter regexp: error parsing regexp: missing closing ): `(`\n");
    assert.equal((await kvorum(["event", "-name=x", "-tag=a"])).err, "Cannot provide tag filter without service filter.\n");
    assert.match((await kvorum(["event"])).err, /^Event name must be specified\n\nUsage: kvorum event/);
    assert.match((await kvorum(["event", "-name=x", "a", "b"])).err, /^Too many command line arguments\.\n\nUsage/);
  });

  it("estimate round trips in the LAN and in the WAN", async () => {
    const self = '{"Config":{"NodeName":"n1","Datacenter":"dc1"}}';
    const place = (node: string, first: number) =>
      `{"Node":"${node}","Segment":"","Coord":{"Vec":[${first},0,0,0,0,0,0,0],"Error":1,"Adjustment":0,"Height":0.0005}}`;
    const nodes = `[${place("n1", 0)},${place("n2", 0.01)}]`;
    const datacenters = `[{"Datacenter":"dc1","AreaID":"wan","Coordinates":[${place("n1", 0)}]},{"Datacenter":"dc2","AreaID":"wan","Coordinates":[${place("n1", 0.1)}]}]`;
    await using agent = await ScriptedAgent.start([
      { request: "GET /v1/agent/self", answer: self },
      { request: "GET /v1/coordinate/nodes", answer: nodes },
      { request: "GET /v1/coordinate/nodes", answer: nodes },
      { request: "GET /v1/agent/self", answer: self },
      { request: "GET /v1/coordinate/datacenters", answer: datacenters },
      { request: "GET /v1/coordinate/datacenters", answer: datacenters },
    ]);
    const rtt = (...argv: readonly string[]) => kvorum(["rtt", ...argv], agent);
    assert.equal((await rtt("n2")).out, "Estimated n2 <-> n1 rtt: 11.000 ms (using LAN coordinates)\n");
    assert.deepEqual(await rtt("n1", "n3"), { code: 1, out: "", err: 'Could not find a coordinate for node "n3"\n' });
    assert.equal((await rtt("-wan", "n1.dc2")).out, "Estimated n1.dc2 <-> n1.dc1 rtt: 101.000 ms (using WAN coordinates)\n");
    assert.equal((await rtt("-wan", "n1.dc2", "n9.dc1")).err, 'Could not find a coordinate for node "n1.dc2"\n');
    assert.match((await kvorum(["rtt"])).err, /^One or two node names must be specified\n\nUsage/);
    assert.deepEqual(agent.left, []);
  });

  it("list and change gossip keys", async () => {
    const pools = JSON.stringify([
      { WAN: true, Datacenter: "dc1", Segment: "", Keys: { A: 1 }, PrimaryKeys: { A: 1 }, NumNodes: 1 },
      { WAN: false, Datacenter: "dc1", Segment: "", Messages: { n2: "cut" }, Keys: { A: 2, B: 1 }, PrimaryKeys: { A: 2 }, NumNodes: 2 },
    ]);
    await using agent = await ScriptedAgent.start([
      { request: "GET /v1/operator/keyring?local-only=true&relay-factor=2", answer: pools },
      { request: "GET /v1/operator/keyring", answer: pools },
      { request: "POST /v1/operator/keyring", body: '{"Key":"K"}' },
      { request: "PUT /v1/operator/keyring", body: '{"Key":"K"}' },
      { request: "DELETE /v1/operator/keyring", body: '{"Key":"K"}', status: 500, answer: "no" },
    ]);
    const keyring = (...argv: readonly string[]) => kvorum(["keyring", ...argv], agent);
    assert.equal(
      (await keyring("-list", "-local-only", "-relay-factor=2")).out,
      "==> Gathering installed encryption keys...\n\nWAN:\n  A [1/1]\n\ndc1 (LAN):\n  ===> n2: cut\n  A [2/2]\n  B [1/2]\n",
    );
    assert.equal(
      (await keyring("-list-primary")).out,
      "==> Gathering installed primary encryption keys...\n\nWAN:\n  A [1/1]\n\ndc1 (LAN):\n  ===> n2: cut\n  A [2/2]\n",
    );
    assert.deepEqual(await keyring("-install=K"), { code: 0, out: "==> Installing new gossip encryption key...\n", err: "" });
    assert.equal((await keyring("-use=K")).code, 0);
    assert.deepEqual(await keyring("-remove=K"), {
      code: 1,
      out: "==> Removing gossip encryption key...\n",
      err: "error: Unexpected response code: 500 (no)\n",
    });
    assert.match((await kvorum(["keyring"])).err, /^Usage: kvorum keyring/);
    assert.deepEqual(agent.left, []);
  });

  it("watch events: only those that are new go to the command (asked of Consul 1.8.7)", async () => {
    const event = (id: string, ltime: number): string =>
      `{"ID":"${id}","Name":"w","Payload":null,"NodeFilter":"","ServiceFilter":"","TagFilter":"","Version":0,"LTime":${ltime}}`;
    const [one, two] = [event("9287969d-5d0d-f564-d538-721bfc0a0aa5", 7), event("00000000-0000-0000-0000-000000000005", 9)];
    const index = "5170102164123025345";
    await using agent = await ScriptedAgent.start([
      { request: "GET /v1/agent/self", answer: "{}" },
      { request: "GET /v1/event/list?name=w", headers: { "x-consul-index": index }, answer: `[${one}]` },
      { request: `GET /v1/event/list?index=${index}&name=w`, headers: { "x-consul-index": "5" }, answer: `[${one},${two}]` },
    ]);
    const folder = scratchFolder("watch");
    try {
      const script = `cat >> ${folder}/seen; [ $CONSUL_INDEX = ${index} ]`;
      assert.equal((await kvorum(["watch", "-type=event", "-name=w", script], agent)).code, 1);
      assert.equal(readFileSync(join(folder, "seen"), "utf8"), `[${one}]\n[${two}]\n`);
    } finally {
      removeFolder(folder);
    }
  });
});
