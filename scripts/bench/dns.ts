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
/** Questions that differ, for the lines that say so. */
const DIFFERENT = 4_000;
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
  {
    name: "A, service of 3, written in another case each time",
    questions: Array.from({ length: DIFFERENT }, (_, n) => packetOf(`A ${cased("web.service.consul", n)}`)),
  },
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
    await alternate(bench.rounds, standings, async (standing) => {
      const { perSecond } = await overTcp(await standing.leader(), packetOf("A web.service.consul"), bench.seconds);
      bench.figures.add(standing.at, `DNS: A, service of 3, over ${TCP_CONNECTIONS} TCP connections`, "a second", "more", perSecond);
    });
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

/** The name with some letters large, by the bits of a number: resolvers ask so to know an answer as theirs. */
function cased(name: string, bits: number): string {
  return [...name].map((letter, at) => ((bits >> (at % 12)) & 1 ? letter.toUpperCase() : letter)).join("");
}
