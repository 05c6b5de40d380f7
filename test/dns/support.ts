import dgram from "node:dgram";
import net from "node:net";
import dnsPacket, { type DecodedPacket, type StringAnswer } from "dns-packet";
import { KvorumError } from "../../src/base/errors.ts";
import { Scope } from "../../src/base/scope.ts";
import { type DnsOptions, type DnsServer, type DnsSettings, startDns } from "../../src/dns/index.ts";
import type { CheckedInstance } from "../../src/model/index.ts";
import { type RealPlatform, realPlatform } from "../../src/platform/index.ts";
import { sampleService } from "../support/samples.ts";

export const SETTINGS: DnsSettings = {
  allowStale: true,
  maxStaleMs: 1e12,
  nodeTtlS: 0,
  serviceTtlS: {},
  onlyPassing: false,
  enableTruncate: true,
  disableCompression: false,
  aRecordLimit: 0,
  udpAnswerLimit: 3,
  nodeMetaTxt: true,
  soa: { refresh: 1, retry: 2, expire: 3, minTtl: 4 },
  useCache: false,
  cacheMaxAgeMs: 0,
  recursors: [],
  recursorTimeoutMs: 2_000,
};

/** Instances of one service on nodes of their own, with addresses 10.x.y.z. */
export function instancesOf(service: string, count: number): readonly CheckedInstance[] {
  return Array.from({ length: count }, (_, n) => ({
    node: {
      id: "",
      node: `node-${n}`,
      address: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`,
      datacenter: "dc1",
      taggedAddresses: undefined,
      meta: undefined,
      createIndex: 1,
      modifyIndex: 1,
    },
    service: { ...sampleService(`${service}-${n}`, { node: `node-${n}`, service, port: 8000 }), createIndex: 1, modifyIndex: 1 },
    checks: [],
  }));
}

/** DNS in this process, on a free port, that finds these services and nothing else. */
export class TestDns implements AsyncDisposable {
  readonly platform: RealPlatform;
  readonly #scope = new Scope();
  #server: DnsServer | undefined;

  private constructor() {
    this.platform = realPlatform(this.#scope, { log: { level: "error", write: () => {} } });
  }

  static async start(
    services: Readonly<Record<string, readonly CheckedInstance[]>>,
    settings: Partial<DnsSettings> = {},
    parts: Partial<Pick<DnsOptions, "local" | "cache">> = {},
  ): Promise<TestDns> {
    const test = new TestDns();
    const meta = { index: 1, lastContactMs: 0, knownLeader: true };
    test.#server = await startDns({
      place: { domain: "consul", altDomain: "", datacenter: "dc1", nodeName: "self", translateWanAddrs: false },
      settings: { ...SETTINGS, ...settings },
      listenAddresses: ["127.0.0.1:0"],
      local: parts.local,
      backend: {
        call: async (method, request) => {
          if (method !== "Health.ServiceNodes") throw new KvorumError("no-leader", "No cluster leader");
          const { service } = request as { readonly service: string };
          // The answer of the one method that is answered here.
          return { value: services[service] ?? [], meta } as never;
        },
      },
      cache: parts.cache,
      platform: test.platform,
    });
    return test;
  }

  get port(): number {
    return Number(this.#server?.addresses[0]?.split(":")[1]);
  }

  configure(settings: Partial<DnsSettings>): void {
    this.#server?.configure({ ...SETTINGS, ...settings });
  }

  /** What a counter of DNS has come to. */
  async counted(name: string): Promise<number> {
    const { text } = await this.platform.metricsView.prometheus();
    return Number(new RegExp(`^consul_dns_${name}\\{[^}]*\\} (\\d+)`, "m").exec(text)?.[1] ?? Number.NaN);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    await this.#scope[Symbol.asyncDispose]();
  }
}

/** What a test's recursor says to a question: bytes, or nothing. */
export type Says = (question: DecodedPacket, transport: "udp" | "tcp") => Buffer | undefined;

/** A DNS server of the test's own, for UDP and TCP at one free port. */
export class TestRecursor implements AsyncDisposable {
  readonly #socket: dgram.Socket;
  readonly #server: net.Server;
  /** Names asked for, with the transport. */
  readonly asked: string[] = [];
  readonly address: string;

  private constructor(socket: dgram.Socket, server: net.Server, says: Says) {
    this.#socket = socket;
    this.#server = server;
    this.address = `127.0.0.1:${socket.address().port}`;
    socket.on("message", (bytes, from) => {
      const answer = this.#heard(bytes, "udp", says);
      if (answer !== undefined) socket.send(answer, from.port, from.address);
    });
    server.on("connection", (connection) => {
      connection.on("error", () => {});
      connection.on("data", (bytes: Buffer) => {
        const answer = this.#heard(bytes.subarray(2), "tcp", says);
        if (answer === undefined) return;
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        connection.write(Buffer.concat([length, answer]));
      });
    });
  }

  static async start(says: Says): Promise<TestRecursor> {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as net.AddressInfo;
    const socket = dgram.createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(port, "127.0.0.1", resolve));
    return new TestRecursor(socket, server, says);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
    this.#server.close();
  }

  #heard(bytes: Buffer, transport: "udp" | "tcp", says: Says): Buffer | undefined {
    const question = readable(bytes);
    if (question === undefined) return undefined;
    this.asked.push(`${transport} ${question.questions?.[0]?.name}`);
    return says(question, transport);
  }
}

function readable(bytes: Buffer): DecodedPacket | undefined {
  try {
    return dnsPacket.decode(bytes);
  } catch {
    return undefined; // a broken question gets no answer
  }
}

/** An answer to a question with these A records, this code and these flags. */
export function reply(question: DecodedPacket, ips: readonly string[], { code = 0, truncated = false, id = question.id ?? 0 } = {}): Buffer {
  const name = question.questions?.[0]?.name ?? "";
  const answers = ips.map((data): StringAnswer => ({ type: "A", name, ttl: 77, data }));
  const flags = dnsPacket.RECURSION_AVAILABLE | code | (truncated ? dnsPacket.TRUNCATED_RESPONSE : 0);
  return Buffer.from(dnsPacket.encode({ type: "response", id, flags, questions: question.questions ?? [], answers }));
}
