import assert from "node:assert/strict";
import { connect as connectPlainly } from "node:net";
import { describe, it } from "node:test";
import { Client, type TlsWishes } from "../../src/client/index.ts";
import { type Credentials, type HttpServer, startHttp } from "../../src/http/index.ts";
import { AUTHORITY, CLIENT_CERT, CLIENT_KEY, SERVER_CERT, SERVER_KEY } from "../support/tls.ts";
import { ScriptedBackend, testOptions } from "./scripted-backend.ts";

const CREDENTIALS: Credentials = {
  cert: Buffer.from(SERVER_CERT),
  key: Buffer.from(SERVER_KEY),
  authorities: [Buffer.from(AUTHORITY)],
  clientsMustShow: false,
  minVersion: "TLSv1.2",
  ciphers: "",
  preferOurCiphers: false,
};
const TRUSTING: TlsWishes = { authorities: [Buffer.from(AUTHORITY)] };
const KNOWN: TlsWishes = { ...TRUSTING, cert: Buffer.from(CLIENT_CERT), key: Buffer.from(CLIENT_KEY) };

function start(changes: Partial<Credentials> = {}, handshakeTimeoutMs = 60_000): Promise<HttpServer> {
  const secure = { listenAddresses: ["127.0.0.1:0"], credentials: { ...CREDENTIALS, ...changes }, handshakeTimeoutMs };
  return startHttp({ ...testOptions(new ScriptedBackend()), listenAddresses: [], secure });
}

async function leader({ secureAddresses: [address = ""] }: HttpServer, tls: TlsWishes): Promise<string> {
  using client = new Client({ address: `https://${address}`, tls });
  const { status, body } = await client.call("GET", "/v1/status/leader", { timeoutMs: 60_000 });
  return `${status} ${body.toString()}`;
}

describe("the HTTPS door", () => {
  it("answers as the plain one does, both in the fast way and through node:http", async () => {
    await using server = await start();
    const plain = await startHttp({ ...testOptions(new ScriptedBackend()), listenAddresses: ["127.0.0.1:0"] });
    using secret = new Client({ address: `https://${server.secureAddresses[0]}`, tls: TRUSTING });
    using open = new Client({ address: plain.addresses[0] ?? "" });
    for (const path of ["/v1/kv/a", "/v1/status/leader", "/v1/catalog/nodes", "/v1/nothing", "/ui/"]) {
      const [ours, theirs] = await Promise.all([secret, open].map((client) => client.call("GET", path)));
      assert.equal(ours?.status, theirs?.status, path);
      assert.deepEqual(ours?.body, theirs?.body, path);
    }
    await plain[Symbol.asyncDispose]();
  });

  it("is believed by those alone who trust its authority", async () => {
    await using server = await start();
    await assert.rejects(leader(server, { authorities: [] }), { message: /x509: certificate signed by unknown authority$/ });
    await assert.rejects(leader(server, { ...TRUSTING, serverName: "other" }), { message: /x509: certificate is valid for .*localhost.*, not other$/ });
    assert.match(await leader(server, { ...TRUSTING, serverName: "server.dc1.consul" }), /^200 /);
    assert.match(await leader(server, { authorities: [], skipVerify: true }), /^200 /);
  });

  it("turns away who shows no certificate where that is asked for (verify_incoming_https)", async () => {
    await using server = await start({ clientsMustShow: true });
    await assert.rejects(leader(server, TRUSTING), { code: "unavailable" });
    assert.match(await leader(server, KNOWN), /^200 /);
  });

  it("closes a connection that does not begin to speak TLS in time (limits.https_handshake_timeout), or speaks something else", async () => {
    await using server = await start({}, 1_000);
    const [host = "", port = ""] = (server.secureAddresses[0] ?? "").split(":");
    const closed = (text: string): Promise<void> =>
      new Promise((done) => {
        const socket = connectPlainly({ host, port: Number(port) }, () => socket.write(text));
        socket.on("error", () => undefined); // told by the closing
        socket.on("close", () => done());
        socket.resume();
      });
    await Promise.all([closed(""), closed("GET /v1/status/leader HTTP/1.1\r\nHost: x\r\n\r\n")]);
  });

  it("takes other credentials while it is open, and keeps its own when they are no good", async () => {
    await using server = await start();
    assert.throws(() => server.changeCredentials({ ...CREDENTIALS, key: Buffer.from(CLIENT_KEY) }), {
      code: "config",
      message: /^Failed to load cert\/key pair: /,
    });
    assert.match(await leader(server, TRUSTING), /^200 /);
    server.changeCredentials({ ...CREDENTIALS, cert: Buffer.from(CLIENT_CERT), key: Buffer.from(CLIENT_KEY) });
    assert.match(await leader(server, { ...TRUSTING, serverName: "client.dc1.consul" }), /^200 /);
  });

  it("does not open with a key that is not that of its certificate", async () => {
    await assert.rejects(start({ key: Buffer.from(CLIENT_KEY) }), { code: "config", message: /^Failed to load cert\/key pair: / });
  });
});
