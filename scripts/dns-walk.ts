import { parseArgs } from "node:util";
import dnsPacket from "dns-packet";
import { DnsAgent } from "../test/dns/recording.ts";
import { reply, TestRecursor } from "../test/dns/support.ts";
import { PROGRAM, peer } from "../test/support/programs.ts";
import { catalogOf } from "./dns-walk/catalog.ts";
import { configOf } from "./dns-walk/config.ts";
import { questionOf } from "./dns-walk/questions.ts";
import { type Difference, Sides } from "./dns-walk/sides.ts";
import { Rng } from "./walk/rng.ts";

const USAGE = `npm run dns-walk -- [--walks 5] [--questions 300] [--seed 1]
Starts this Kvorum and the real Consul 1.8.7 (scripts/peers installs it) with the same configuration of DNS, made by chance, puts the same catalog at
random into both, and asks both the same questions: names, types, EDNS, subnets, broken messages, over UDP and TCP. Prints the answers that differ.`;
const AT_A_TIME = 8;
const BIG = 40;

const { values } = parseArgs({
  options: {
    walks: { type: "string", default: "5" },
    questions: { type: "string", default: "300" },
    seed: { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(USAGE);
else process.exitCode = await main();

async function main(): Promise<number> {
  const consul = peer("usr/bin/consul");
  if (consul === undefined) {
    console.error("There is no Consul 1.8.7 here; scripts/peers installs it");
    return 2;
  }
  let different = 0;
  for (let walk = 0; walk < Number(values.walks); walk++) {
    const seed = Number(values.seed) + walk;
    const differences = await walked(seed, consul);
    different += differences.length;
    for (const { question, ours, theirs } of differences) console.log(`seed ${seed}: ${question}\n  - ${theirs}\n  + ${ours}`);
  }
  console.log(`${values.walks} walks of ${values.questions} questions: ${different} answers differ`);
  return different === 0 ? 0 : 1;
}

async function walked(seed: number, consul: string): Promise<readonly Difference[]> {
  const rng = new Rng(seed);
  await using recursor = await TestRecursor.start((question, transport) => {
    const name = question.questions?.[0]?.name?.toLowerCase() ?? "";
    if (name.startsWith("silent.")) return undefined;
    if (name.startsWith("none.")) return reply(question, [], { code: 3 });
    if (name.startsWith("big.")) {
      const all = Array.from({ length: BIG }, (_, n) => `198.51.100.${n}`);
      return transport === "tcp" ? reply(question, all) : reply(question, all.slice(0, 2), { truncated: true });
    }
    if (name.startsWith("alias.")) return alias(question);
    return reply(question, ["198.51.100.1", "198.51.100.2"]);
  });
  const { config, domain, altDomain } = configOf(rng, recursor.address);
  const catalog = catalogOf(rng, domain);
  await using theirs = await DnsAgent.start(consul, config);
  await using ours = await DnsAgent.start(PROGRAM, config);
  const sides = new Sides(ours, theirs);
  for (const registration of catalog.registrations) await sides.put("PUT", "/v1/catalog/register", registration);
  for (const query of catalog.queries) await sides.put("POST", "/v1/query", query);
  const ingress = !JSON.stringify(config).includes("use_cache");
  const domains = [domain, domain, domain, ...(altDomain === "" ? [] : [altDomain]), "consul"];
  const questions = Array.from({ length: Number(values.questions) }, () => questionOf(rng, catalog, { domains, ingress }));
  const asker = async (): Promise<void> => {
    for (let question = questions.shift(); question !== undefined; question = questions.shift()) await sides.compare(question);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, asker));
  if (sides.differences.length > 0) console.log(`seed ${seed}: ${JSON.stringify(config)}`);
  return sides.differences;
}

function alias(question: dnsPacket.DecodedPacket): Buffer {
  const name = question.questions?.[0]?.name ?? "";
  return Buffer.from(
    dnsPacket.encode({
      type: "response",
      id: question.id ?? 0,
      flags: dnsPacket.RECURSION_AVAILABLE,
      questions: question.questions ?? [],
      answers: [
        { type: "CNAME", name, ttl: 5, data: "www.example.test" },
        { type: "A", name: "www.example.test", ttl: 6, data: "198.51.100.1" },
        { type: "AAAA", name: "www.example.test", ttl: 7, data: "2001:db8::77" },
        { type: "TXT", name: "www.example.test", ttl: 8, data: "text" },
      ],
    }),
  );
}
