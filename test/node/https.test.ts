import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import type { RuntimeConfig } from "../../src/config/index.ts";
import { checkIdentity, credentialsOf, secureDoor } from "../../src/node/https.ts";
import { RealFiles } from "../../src/platform/files.ts";
import { configOf } from "../server/cluster.ts";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import { AUTHORITY, SERVER_CERT, SERVER_KEY } from "../support/tls.ts";

const folder = scratchFolder("https");
after(() => removeFolder(folder));
const at = (name: string, content: string): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const certFile = at("cert.pem", SERVER_CERT);
const keyFile = at("key.pem", SERVER_KEY);
const caFile = at("ca.pem", AUTHORITY);
const authorities = join(folder, "authorities");
mkdirSync(authorities);
writeFileSync(join(authorities, "one.pem"), AUTHORITY);

function withTls(tls: Partial<RuntimeConfig["tls"]>): RuntimeConfig {
  const config = configOf(1);
  return { ...config, tls: { ...config.tls, ...tls } };
}

describe("secureDoor", () => {
  it("is not there for a port with neither certificate nor key, with which Consul starts too", async () => {
    const config = withTls({});
    assert.equal(await secureDoor({ ...config, http: { ...config.http, secureListen: ["127.0.0.1:0"] } }, new RealFiles()), undefined);
  });

  it("is a fault with only one of the two", async () => {
    const config = withTls({ certFile });
    await assert.rejects(secureDoor({ ...config, http: { ...config.http, secureListen: ["127.0.0.1:0"] } }, new RealFiles()), { code: "config" });
  });
});

describe("credentialsOf", () => {
  it("reads what the configuration names", async () => {
    const credentials = await credentialsOf(withTls({ certFile, keyFile, caPath: authorities, verifyClients: true }), new RealFiles());
    assert.equal(Buffer.from(credentials.cert).toString(), SERVER_CERT);
    assert.equal(credentials.authorities.length, 1);
    assert.equal(credentials.clientsMustShow, true);
  });

  const faults: readonly (readonly [tls: Partial<RuntimeConfig["tls"]>, message: RegExp])[] = [
    [{}, /^ports\.https needs cert_file and key_file$/],
    [{ certFile, keyFile: join(folder, "none") }, /^key_file: open .*none: no such file or directory$/],
    [{ certFile, keyFile: at("text", "hello") }, /^key_file: .*text holds nothing in PEM$/],
    [{ certFile, keyFile, verifyClients: true }, /^VerifyIncoming set, and no CA certificate provided!$/],
  ];
  for (const [tls, message] of faults)
    it(`says ${message.source}`, async () => assert.rejects(credentialsOf(withTls(tls), new RealFiles()), { code: "config", message }));
});

describe("checkIdentity", () => {
  it("is there only where it is asked for (enable_agent_tls_for_checks)", async () => {
    assert.equal(await checkIdentity(withTls({ certFile, keyFile, caFile }), new RealFiles()), undefined);
    const identity = await checkIdentity(withTls({ caFile, forChecks: true, serverName: "x" }), new RealFiles());
    assert.deepEqual([identity?.authorities.length, identity?.own, identity?.serverName], [1, undefined, "x"]);
  });
});
