import dgram from "node:dgram";
import net from "node:net";
import { packetOf } from "../../test/dns/asking.ts";
import type { ServerProcess } from "../../test/support/server-process.ts";
import { alternate, type Bench, withClusters } from "./contestants.ts";

const PORT = 8600;
const SOCKETS = 4;
/** Questions on the way at a time on each socket. */
const AT_A_TIME = 16;
/** When nothing has come back for so long all were lost, and others take their place. */
const LOST_MS = 500;
/** Ways to write a name, for the line that says so. */
const DIFFERENT = 4_000;
/** Services of one instance each, and names of nothing, for the lines that ask another name each time. */
const MANY_NAMES = 10_000;
const SERVICES_A_TRANSACTION = 60;
const WRITERS = 8;
const TCP_CONNECTIONS = 16;

interface Kind {
  readonly name: string;
  readonly questions: readonly Buffer[];
}

const KINDS: readonly Kind[] = [
  { name: "A, service of 3", questions: [packetOf("A web.service.consul")] },
  { name: "SRV, service of 3", questions: [packetOf("SRV web.service.consul edns=1232")] },
  { name: "SRV, service of 40", questions: [packetOf("SRV many.service.consul edns=4096")] },
  { name: "A, node", questions: [packetOf("A web-1.node.consul")] },
  { name: "A, not there", questions: [packetOf("A nosuch.service.consul")] },
  { name: "A, prepared query of 3", questions: [packetOf("A web.query.consul")] },
  { name: "A, .addr", questions: [packetOf("A 0a000001.addr.consul")] },
  { name: "PTR", questions: [packetOf("PTR 1.3.0.10.in-addr.arpa")] },
  { name: "A, service of 3, written in another case each time", questions: differing(DIFFERENT, (n) => `A ${cased("web.service.consul", n)}`) },
  { name: "A, another of 10,000 services each time", questions: differing(MANY_NAMES, (n) => `A s${n}.service.consul`) },
  { name: "SRV, another of 10,000 services each time", questions: differing(MANY_NAMES, (n) => `SRV s${n}.service.consul edns=1232`) },
  { name: "A, for another subnet each time", questions: differing(MANY_NAMES, (n) => `A web.service.consul subnet=10.${n >> 8}.${n & 255}.0/24`) },
  { name: "A, not there, another name each time", questions: differing(MANY_NAMES, (n) => `A none${n}.service.consul`) },
];

const TCP_KINDS: readonly (readonly [name: string, question: string])[] = [
  ["A, service of 3", "A web.service.consul"],
  ["SRV, service of 40", "SRV many.service.consul"],
  ["A, not there", "A nosuch.service.consul"],
  ["PTR", "PTR 1.3.0.10.in-addr.arpa"],
];

/** DNS of one server: answers a second, processor time of an answer, each for questions of one kind; every answer is waited for. */
export async function benchDns(bench: Bench): Promise<void> {
  await withClusters(bench, { servers: 1 }, async (standings) => {
    for (const standing of standings) await fill(await standing.leader());
    for (const { name, questions } of KINDS) {
      for (const standing of standings) await overUdp(await standing.leader(), questions, 1);
      await alternate(bench.rounds, standings, async (standing) => {
        const { perSecond, processorUs } = await overUdp(await standing.leader(), questions, bench.seconds);
        bench.figures.add(standing.at, `DNS: ${name}`, "a second", "more", perSecond);
        bench.figures.add(standing.at, `DNS: ${name}: processor time`, "µs", "less", processorUs);
      });
    }
    for (const [name, question] of TCP_KINDS) {
      await alternate(bench.rounds, standings, async (standing) => {
        const { perSecond, processorUs } = await overTcp(await standing.leader(), packetOf(question), bench.seconds);
        bench.figures.add(standing.at, `DNS: ${name}, over ${TCP_CONNECTIONS} TCP connections`, "a second", "more", perSecond);
        bench.figures.add(standing.at, `DNS: ${name}, over ${TCP_CONNECTIONS} TCP connections: processor time`, "µs", "less", processorUs);
      });
    }
  });
}

async function fill({ api }: ServerProcess): Promise<void> {
  const register = (service: string, n: number): Promise<unknown> => {
    const body = { Node: `${service}-${n}`, Address: `10.0.${service.length}.${n}`, Service: { ID: `${service}-${n}`, Service: service, Port: 8_000 + n } };
    return api.json("PUT", "/v1/catalog/register", { body: JSON.stringify(body) });
  };
  for (let n = 1; n <= 3; n++) await register("web", n);
  for (let n = 1; n <= 40; n++) await register("many", n);
  await api.json("POST", "/v1/query", { body: JSON.stringify({ Name: "web", Service: { Service: "web" } }) });
  await api.json("PUT", "/v1/catalog/register", { body: JSON.stringify({ Node: "host", Address: "10.9.9.9" }) });
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < MANY_NAMES) {
      const first = next;
      next += SERVICES_A_TRANSACTION;
      const operations = Array.from({ length: Math.min(SERVICES_A_TRANSACTION, MANY_NAMES - first) }, (_, at) => {
        const name = `s${first + at}`;
        return {
          Service: {
            Verb: "set",
            Node: "host",
            Service: { ID: name, Service: name, Port: 1, Address: `10.${20 + ((first + at) >> 8)}.${(first + at) & 255}.1` },
          },
        };
      });
      const { status, body } = await api.ask("PUT", "/v1/txn", { body: JSON.stringify(operations) });
      if (status !== 200) throw new Error(`Transaction: ${status} ${body.toString()}`);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
}

interface Rate {
  readonly perSecond: number;
  readonly processorUs: number;
}

async function overUdp(server: ServerProcess, questions: readonly Buffer[], seconds: number): Promise<Rate> {
  let answered = 0;
  let asked = 0;
  const sockets = Array.from({ length: SOCKETS }, () => dgram.createSocket("udp4"));
  const next = (): Buffer => questions[asked++ % questions.length] ?? Buffer.alloc(0);
  let before = 0;
  const lost = setInterval(() => {
    // With several on the way on each socket, all of them lost is the only case that stops the round.
    if (answered === before) for (const socket of sockets) for (let n = 0; n < AT_A_TIME; n++) socket.send(next(), PORT, server.address);
    before = answered;
  }, LOST_MS);
  const processor = server.process.processorMs();
  const began = performance.now();
  for (const socket of sockets) {
    socket.on("message", () => {
      answered += 1;
      socket.send(next(), PORT, server.address);
    });
    for (let n = 0; n < AT_A_TIME; n++) socket.send(next(), PORT, server.address);
  }
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const result = rateOf(answered, performance.now() - began, server.process.processorMs() - processor);
  clearInterval(lost);
  await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  return result;
}

async function overTcp(server: ServerProcess, question: Buffer, seconds: number): Promise<Rate> {
  const frame = Buffer.alloc(question.length + 2);
  frame.writeUInt16BE(question.length);
  question.copy(frame, 2);
  let answered = 0;
  const processor = server.process.processorMs();
  const began = performance.now();
  const connections = Array.from({ length: TCP_CONNECTIONS }, () => {
    const socket = net.connect({ host: server.address, port: PORT, noDelay: true });
    let held: Buffer = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("connect", () => socket.write(frame));
    socket.on("data", (bytes: Buffer) => {
      held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      if (held.length < 2 || held.length < 2 + held.readUInt16BE(0)) return;
      held = held.subarray(2 + held.readUInt16BE(0));
      answered += 1;
      socket.write(frame);
    });
    return socket;
  });
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const result = rateOf(answered, performance.now() - began, server.process.processorMs() - processor);
  for (const socket of connections) socket.destroy();
  return result;
}

function rateOf(answered: number, ms: number, processorMs: number): Rate {
  return { perSecond: (answered * 1000) / ms, processorUs: (processorMs * 1000) / Math.max(1, answered) };
}

function differing(count: number, text: (n: number) => string): readonly Buffer[] {
  return Array.from({ length: count }, (_, n) => packetOf(text(n)));
}

/** The name with some letters large, by the bits of a number: resolvers ask so to know an answer as theirs. */
function cased(name: string, bits: number): string {
  return [...name].map((letter, at) => ((bits >> (at % 12)) & 1 ? letter.toUpperCase() : letter)).join("");
}
