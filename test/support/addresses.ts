import { createServer, type Server } from "node:net";

const TRIES = 50;
/** Nobody else uses this port: who listens on it at 127.a.b.254 has that part of the loopback network. */
const CLAIM_PORT = 8299;
/** Held until this process ends, also when what was there has been stopped: a restart finds its addresses free. */
const claims: Server[] = [];

/**
 * A part 127.a.b of the loopback network that is this process's own and in which nobody listens on Consul's ports: a cluster's servers
 * are 127.a.b.1 and on. Test files that run at the same time never get the same.
 */
export async function freeLoopback(): Promise<string> {
  for (let tries = 0; tries < TRIES; tries++) {
    const prefix = `127.${20 + Math.floor(Math.random() * 200)}.${1 + Math.floor(Math.random() * 254)}`;
    const claim = await listening(`${prefix}.254`, CLAIM_PORT);
    if (claim === undefined) continue;
    if ((await isFree(`${prefix}.1`, 8300)) && (await isFree(`${prefix}.1`, 8500))) {
      claims.push(claim.unref());
      return prefix;
    }
    claim.close();
  }
  throw new Error(`Found no free loopback addresses in ${TRIES} tries`);
}

async function isFree(host: string, port: number): Promise<boolean> {
  const server = await listening(host, port);
  if (server === undefined) return false;
  await new Promise((resolve) => server.close(resolve));
  return true;
}

/** A listener there; `undefined` when somebody else has the address. */
function listening(host: string, port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ host, port, exclusive: true }, () => resolve(server));
  });
}
