import { createServer } from "node:net";

/** A part 127.a.b of the loopback network in which nobody listens on Consul's ports yet: a cluster's servers are 127.a.b.1 and on. */
export async function freeLoopback(): Promise<string> {
  for (let tries = 0; tries < 50; tries++) {
    const prefix = `127.${20 + Math.floor(Math.random() * 200)}.${1 + Math.floor(Math.random() * 254)}`;
    if ((await canListen(`${prefix}.1`, 8300)) && (await canListen(`${prefix}.1`, 8500))) return prefix;
  }
  throw new Error("Found no free loopback addresses in fifty tries");
}

function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
