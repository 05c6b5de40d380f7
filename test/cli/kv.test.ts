import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import { type Exchange, entry, kvorum, type Outcome, type RunOptions, ScriptedAgent } from "./support.ts";

/** Runs a command line against an agent with a script, and checks that all of the script was asked for. */
async function against(script: readonly Exchange[], argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  await using agent = await ScriptedAgent.start(script);
  const outcome = await kvorum(argv, { ...options, env: { ...agent.env, ...options.env } });
  assert.deepEqual(agent.left, [], outcome.err);
  return outcome;
}

function list(...entries: readonly Record<string, unknown>[]): string {
  return JSON.stringify(entries);
}

describe("kv get", () => {
  it("prints a value as it is, and a line end", async () => {
    const outcome = await against([{ request: "GET /v1/kv/a/b", answer: list(entry("a/b", "one\ntwo")) }], ["kv", "get", "a/b"]);
    assert.deepEqual(outcome, { code: 0, out: "one\ntwo\n", err: "" });
  });

  it("prints all about a key with -detailed, flags beyond 2^53 whole", async () => {
    const answer = `[{"LockIndex":2,"Key":"a","Flags":18446744073709551615,"Value":"MQ==","Session":"s-1","CreateIndex":7,"ModifyIndex":9}]`;
    const { out } = await against([{ request: "GET /v1/kv/a", answer }], ["kv", "get", "-detailed", "a"]);
    assert.equal(
      out,
      `CreateIndex      7\nFlags            18446744073709551615\nKey              a\nLockIndex        2\nModifyIndex      9\nSession          s-1\nValue            1\n`,
    );
  });

  it("lists keys with values, empty ones too", async () => {
    const answer = list(entry("a", "1"), entry("b", null));
    assert.equal((await against([{ request: "GET /v1/kv/?recurse=", answer }], ["kv", "get", "-recurse"])).out, "a:1\nb:\n");
    assert.equal((await against([{ request: "GET /v1/kv/?recurse=", answer }], ["kv", "get", "-recurse", "-base64"])).out, "a:MQ==\nb:\n");
  });

  it("lists names up to a separator", async () => {
    const run = (argv: readonly string[], request: string): Promise<Outcome> => against([{ request, answer: '["a/","b"]' }], ["kv", "get", "-keys", ...argv]);
    assert.equal((await run([], "GET /v1/kv/?keys=&separator=%2F")).out, "a/\nb\n");
    assert.equal((await run(["-separator="], "GET /v1/kv/?keys=")).out, "a/\nb\n");
    assert.equal((await run(["-separator", "-", "x"], "GET /v1/kv/x?keys=&separator=-")).out, "a/\nb\n");
  });

  it("sends token, datacenter and stale", async () => {
    await using agent = await ScriptedAgent.start([{ request: "GET /v1/kv/a?dc=two&stale=", answer: list(entry("a", "1")) }]);
    const { code } = await kvorum(["kv", "get", "-http-addr", `http://${agent.address}`, "-datacenter=two", "-stale", "a"], {
      env: { CONSUL_HTTP_TOKEN: "secret" },
    });
    assert.equal(code, 0);
    assert.equal(agent.asked[0]?.headers["x-consul-token"], "secret");
  });

  it("takes KVORUM_ names before CONSUL_ names", async () => {
    await using agent = await ScriptedAgent.start([{ request: "GET /v1/kv/a", answer: list(entry("a", "1")) }]);
    const { code } = await kvorum(["kv", "get", "a"], { env: { CONSUL_HTTP_ADDR: "127.0.0.1:1", KVORUM_HTTP_ADDR: agent.address } });
    assert.equal(code, 0);
  });

  it("asks on a unix socket", async () => {
    const folder = scratchFolder("unix");
    try {
      const path = join(folder, "s");
      await using agent = await ScriptedAgent.start([{ request: "GET /v1/kv/a", answer: list(entry("a", "1")) }], path);
      assert.equal((await kvorum(["kv", "get", "a"], { env: { CONSUL_HTTP_ADDR: `unix://${path}` } })).out, "1\n");
      assert.deepEqual(agent.left, []);
    } finally {
      removeFolder(folder);
    }
  });

  it("is an error for a key that is not there, or a status that is none of success", async () => {
    assert.deepEqual(await against([{ request: "GET /v1/kv/a", status: 404 }], ["kv", "get", "a"]), { code: 1, out: "", err: "Error! No key exists at: a\n" });
    const { err } = await against([{ request: "GET /v1/kv/a", status: 500, answer: "No cluster leader" }], ["kv", "get", "a"]);
    assert.equal(err, "Error querying Consul agent: Unexpected response code: 500 (No cluster leader)\n");
  });

  it("says when nobody is there", async () => {
    const { code, err } = await kvorum(["kv", "get", "a"], { env: { CONSUL_HTTP_ADDR: "127.0.0.1:1" } });
    assert.equal(code, 1);
    assert.equal(err, 'Error querying Consul agent: Get "http://127.0.0.1:1/v1/kv/a": dial tcp 127.0.0.1:1: connect: connection refused\n');
  });

  it("asks by https where that is said", async () => {
    const { code, err } = await kvorum(["kv", "get", "a"], { env: { CONSUL_HTTP_ADDR: "https://127.0.0.1:1" } });
    assert.equal(code, 1);
    assert.match(err, /Get "https:\/\/127\.0\.0\.1:1\/v1\/kv\/a": dial tcp 127\.0\.0\.1:1: connect: connection refused/);
    assert.match((await kvorum(["kv", "get", "a"], { env: { CONSUL_HTTP_ADDR: "127.0.0.1:1", CONSUL_HTTP_SSL: "true" } })).err, /Get "https:/);
    assert.match((await kvorum(["kv", "get", "-ca-file=nope", "a"])).err, /Error loading CA File: open nope: no such file or directory/);
    assert.match((await kvorum(["kv", "get", "-client-cert=x", "a"])).err, /both client cert and client key must be provided/);
  });
});

describe("kv put", () => {
  it("writes text, standard input, files and base 64", async () => {
    const folder = scratchFolder("put");
    try {
      writeFileSync(join(folder, "f"), "from file");
      const put = (body: string, argv: readonly string[], options?: RunOptions): Promise<Outcome> =>
        against([{ request: "PUT /v1/kv/k", body, answer: "true" }], ["kv", "put", ...argv], options);
      assert.deepEqual(await put("text", ["k", "text"]), { code: 0, out: "Success! Data written to: k\n", err: "" });
      await put("", ["k"]);
      await put("typed", ["k", "-"], { input: "typed" });
      await put("from file", ["k", `@${join(folder, "f")}`]);
      await put("hello", ["-base64", "k", "aGVsbG8="]);
    } finally {
      removeFolder(folder);
    }
  });

  it("sends flags and conditions, and reports each in its own words", async () => {
    const put = (request: string, answer: string, argv: readonly string[]): Promise<Outcome> =>
      against([{ request, answer }], ["kv", "put", ...argv, "k", "v"]);
    await put("PUT /v1/kv/k?flags=18446744073709551615", "true", ["-flags=18446744073709551615"]);
    assert.equal((await put("PUT /v1/kv/k?cas=5", "true", ["-cas", "-modify-index=5"])).out, "Success! Data written to: k\n");
    assert.equal((await put("PUT /v1/kv/k?cas=5", "false", ["-cas", "-modify-index=5"])).err, "Error! Did not write to k: CAS failed\n");
    assert.equal((await put("PUT /v1/kv/k?acquire=s", "true", ["-acquire", "-session=s"])).out, "Success! Lock acquired on: k\n");
    assert.equal((await put("PUT /v1/kv/k?acquire=s", "false", ["-acquire", "-session=s"])).err, "Error! Did not acquire lock\n");
    assert.equal((await put("PUT /v1/kv/k?release=s", "true", ["-release", "-session=s"])).out, "Success! Lock released on: k\n");
    assert.equal((await put("PUT /v1/kv/k?release=s", "false", ["-release", "-session=s"])).err, "Error! Did not release lock\n");
  });

  it("escapes what a path cannot hold", async () => {
    await against([{ request: "PUT /v1/kv/%C3%A4%20%3F%25%23/b/", answer: "true" }], ["kv", "put", "ä ?%#/b/", "v"]);
  });

  const refused: readonly (readonly [argv: readonly string[], err: string])[] = [
    [[], "Error! Missing KEY argument\n"],
    [["a", "b", "c"], "Error! Too many arguments (expected 1 or 2, got 3)\n"],
    [["-cas", "a", "b"], "Must specify -modify-index with -cas!\n"],
    [["-acquire", "a", "b"], "Error! Missing -session (required with -acquire and -release)\n"],
    [["/a", "b"], "Error! Failed writing data: Invalid key. Key must not begin with a '/': /a\n"],
    [["a", "@/nosuch"], "Error! Failed to read file: open /nosuch: no such file or directory\n"],
    [["-base64", "a", "???"], "Error! Cannot base 64 decode data: illegal base64 data at input byte 0\n"],
  ];
  for (const [argv, err] of refused) {
    it(`refuses ${JSON.stringify(argv)} without asking anybody`, async () => assert.deepEqual(await kvorum(["kv", "put", ...argv]), { code: 1, out: "", err }));
  }
});

describe("kv delete", () => {
  it("deletes a key, a tree, and under a condition", async () => {
    const remove = (request: string, answer: string, argv: readonly string[]): Promise<Outcome> => against([{ request, answer }], ["kv", "delete", ...argv]);
    assert.equal((await remove("DELETE /v1/kv/k", "true", ["/k"])).out, "Success! Deleted key: k\n");
    assert.equal((await remove("DELETE /v1/kv/k/?recurse=", "true", ["-recurse", "k/"])).out, "Success! Deleted keys with prefix: k/\n");
    assert.equal((await remove("DELETE /v1/kv/k?cas=3", "true", ["-cas", "-modify-index=3", "k"])).out, "Success! Deleted key: k\n");
    assert.equal((await remove("DELETE /v1/kv/k?cas=3", "false", ["-cas", "-modify-index=3", "k"])).err, "Error! Did not delete key k: CAS failed\n");
  });

  const refused: readonly (readonly [argv: readonly string[], err: string])[] = [
    [[], "Error! Missing KEY argument\n"],
    [["a", "b"], "Too many arguments (expected 1, got 2)\n"],
    [["-cas", "a"], "Must specify -modify-index with -cas!\n"],
    [["-modify-index=4", "a"], "Cannot specify -modify-index without -cas!\n"],
    [["-cas", "-recurse", "-modify-index=4", "a"], "Cannot specify both -cas and -recurse!\n"],
  ];
  for (const [argv, err] of refused) {
    it(`refuses ${JSON.stringify(argv)}`, async () => assert.deepEqual(await kvorum(["kv", "delete", ...argv]), { code: 1, out: "", err }));
  }
});

describe("kv export and import", () => {
  const exported = `[\n\t{\n\t\t"key": "d/",\n\t\t"flags": 0,\n\t\t"value": ""\n\t},\n\t{\n\t\t"key": "d/x\\u0026",\n\t\t"flags": 18446744073709551615,\n\t\t"value": "MQ=="\n\t}\n]\n`;

  it("prints entries, folders too, as Consul's import reads them", async () => {
    const answer = `[{"Key":"d/","Flags":0,"Value":null},{"Key":"d/x&","Flags":18446744073709551615,"Value":"MQ=="}]`;
    assert.equal((await against([{ request: "GET /v1/kv/d?recurse=", answer }], ["kv", "export", "/d"])).out, exported);
    assert.equal((await against([{ request: "GET /v1/kv/d?recurse=", status: 404 }], ["kv", "export", "d"])).out, "[]\n");
  });

  it("writes back what was exported", async () => {
    const script = [
      { request: "PUT /v1/kv/d/", body: "", answer: "true" },
      { request: "PUT /v1/kv/d/x%26?flags=18446744073709551615", body: "1", answer: "true" },
    ];
    assert.equal((await against(script, ["kv", "import", "-"], { input: exported })).out, "Imported: d/\nImported: d/x&\n");
  });

  const refused: readonly (readonly [argv: readonly string[], err: string])[] = [
    [[], "Error! Missing DATA argument\n"],
    [["a", "b"], "Error! Too many arguments (expected 1, got 2)\n"],
    [["{"], "Cannot unmarshal data: unexpected end of JSON input\n"],
    [['{"a":1}'], "Cannot unmarshal data: json: cannot unmarshal object into Go value of type []*impexp.Entry\n"],
    [['[{"key":5}]'], "Cannot unmarshal data: json: cannot unmarshal number into Go struct field Entry.key of type string\n"],
    [['[{"key":"z","value":"???"}]'], "Error base 64 decoding value for key z: illegal base64 data at input byte 0\n"],
    [["@nosuch"], "Error! Failed to read file: open nosuch: no such file or directory\n"],
  ];
  for (const [argv, err] of refused)
    it(`refuses ${JSON.stringify(argv)}`, async () => assert.deepEqual(await kvorum(["kv", "import", ...argv]), { code: 1, out: "", err }));
});
