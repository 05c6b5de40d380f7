import dgram from "node:dgram";
import net from "node:net";
import dnsPacket, { type Answer, type DecodedPacket, type OptAnswer } from "dns-packet";

/** A question as the tables write it: `A web.service.consul tcp edns=4096 subnet=10.1.0.0/16 nord`, or `raw 0001…` for bytes of one's own. */
export interface Asked {
  readonly server: string;
  readonly port: number;
  readonly text: string;
}

/** An answer in a form that can be compared: records as text, sorted, since their order is left to chance. */
export interface Heard {
  /** Code and flags, e.g. `NOERROR aa rd`. */
  readonly head: string;
  readonly question: readonly string[];
  readonly answer: readonly string[];
  readonly authority: readonly string[];
  readonly additional: readonly string[];
  /** Length of the message. */
  readonly bytes: number;
}

const PATIENCE_MS = 30_000;

/** Asks one question and resolves with what came back; `undefined` when nothing did in `patienceMs`. */
export async function ask({ server, port, text }: Asked, patienceMs = PATIENCE_MS): Promise<Heard | undefined> {
  const packet = packetOf(text);
  const bytes = text.split(" ").includes("tcp") ? await overTcp(server, port, packet, patienceMs) : await overUdp(server, port, packet, patienceMs);
  return bytes === undefined ? undefined : heard(bytes);
}

/** The bytes of a question. */
export function packetOf(text: string): Buffer {
  const [type = "", name = "", ...options] = text.split(" ");
  if (type === "raw") return Buffer.from(name, "hex");
  const option = (key: string): string | undefined => options.find((one) => one.startsWith(`${key}=`))?.slice(key.length + 1);
  const edns = option("edns");
  const subnet = option("subnet");
  const packet = dnsPacket.encode({
    type: "query",
    id: 4711,
    flags: options.includes("nord") ? 0 : dnsPacket.RECURSION_DESIRED,
    questions: [{ type: type as "A", name: name === "." ? "" : name, class: (option("class") ?? "IN") as "IN" }],
    additionals: edns === undefined && subnet === undefined ? [] : [optRecord(Number(edns ?? 1232), subnet, options.includes("do"))],
  });
  return Buffer.from(packet);
}

function optRecord(size: number, subnet: string | undefined, wantsDnssec: boolean): OptAnswer {
  const [ip, prefix] = subnet?.split("/") ?? [];
  const option =
    ip === undefined ? [] : [{ code: "CLIENT_SUBNET", family: ip.includes(":") ? 2 : 1, sourcePrefixLength: Number(prefix), scopePrefixLength: 0, ip }];
  const record = {
    type: "OPT",
    name: ".",
    udpPayloadSize: size,
    flags: wantsDnssec ? dnsPacket.DNSSEC_OK : 0,
    extendedRcode: 0,
    ednsVersion: 0,
    flag_do: false,
  };
  // The types do not know the options that the encoder takes.
  return { ...record, options: option } as unknown as OptAnswer;
}

export function overUdp(server: string, port: number, packet: Uint8Array, patienceMs = PATIENCE_MS): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket(server.includes(":") ? "udp6" : "udp4");
    const end = (bytes: Buffer | undefined): void => {
      clearTimeout(timer);
      socket.close();
      resolve(bytes);
    };
    const timer = setTimeout(() => end(undefined), patienceMs);
    socket.on("message", end);
    socket.on("error", reject);
    socket.send(packet, port, server);
  });
}

/** One message over a connection of its own; `undefined` also when the server closes it without a word. */
export function overTcp(server: string, port: number, packet: Uint8Array, patienceMs = PATIENCE_MS): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: server, port });
    let got = Buffer.alloc(0);
    const end = (bytes: Buffer | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(bytes);
    };
    const timer = setTimeout(() => end(undefined), patienceMs);
    socket.on("data", (chunk: Buffer) => {
      got = Buffer.concat([got, chunk]);
      if (got.length >= 2 && got.length >= 2 + got.readUInt16BE(0)) end(got.subarray(2, 2 + got.readUInt16BE(0)));
    });
    socket.on("error", () => end(undefined));
    socket.on("close", () => end(undefined));
    const length = Buffer.alloc(2);
    length.writeUInt16BE(packet.length);
    socket.write(Buffer.concat([length, packet]));
  });
}

/** What a message says. */
export function heard(bytes: Buffer): Heard {
  const packet = dnsPacket.decode(bytes);
  return {
    head: headOf(packet, bytes),
    question: (packet.questions ?? []).map(({ name, type, class: kind }) => `${name} ${kind} ${type}`),
    answer: sorted(packet.answers ?? []),
    authority: sorted(packet.authorities ?? []),
    additional: sorted(packet.additionals ?? []),
    bytes: bytes.length,
  };
}

function headOf(packet: DecodedPacket, bytes: Buffer): string {
  // The types leave the code out that the decoder gives.
  const { rcode } = packet as unknown as { readonly rcode: string };
  const opcode = (bytes.readUInt16BE(2) >> 11) & 15;
  const flags = [
    ["qr", packet.flag_qr],
    ["aa", packet.flag_aa],
    ["tc", packet.flag_tc],
    ["rd", packet.flag_rd],
    ["ra", packet.flag_ra],
    ["z", packet.flag_z],
    ["ad", packet.flag_ad],
    ["cd", packet.flag_cd],
  ] as const;
  const set = flags.filter(([, on]) => on).map(([flag]) => flag);
  return [rcode, ...(opcode === 0 ? [] : [`opcode ${opcode}`]), ...set].join(" ");
}

function sorted(records: readonly Answer[]): readonly string[] {
  return records.map(textOf).sort();
}

function textOf(record: Answer): string {
  if (record.type === "OPT") {
    const { udpPayloadSize, extendedRcode, ednsVersion, flags, options } = record as unknown as {
      udpPayloadSize: number;
      extendedRcode: number;
      ednsVersion: number;
      flags: number;
      options: readonly { code: number; family?: number; ip?: string; sourcePrefixLength?: number; scopePrefixLength?: number }[];
    };
    const said = options.map((option) => `${option.code}:${option.family}:${option.ip}/${option.sourcePrefixLength}/${option.scopePrefixLength}`);
    return ["OPT", udpPayloadSize, extendedRcode, ednsVersion, flags, ...said].join(" ");
  }
  const { name, type, ttl, data } = record as { name: string; type: string; ttl?: number; data: unknown };
  const { class: kind } = record as { class?: string };
  return `${name} ${ttl} ${kind} ${type} ${dataOf(data)}`;
}

function dataOf(data: unknown): string {
  if (typeof data === "string") return data;
  if (Array.isArray(data)) return data.map((part) => JSON.stringify(String(part))).join(" ");
  if (data instanceof Uint8Array) return Buffer.from(data).toString("hex");
  return typeof data === "object" && data !== null ? Object.values(data).join(" ") : String(data);
}
