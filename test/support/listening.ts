import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { after } from "node:test";

const open: Server[] = [];
after(() => {
  for (const server of open) server.close();
});

/** Lets a server of the test's own listen on a free port of 127.0.0.1 until the file's tests are over; gives `address:port`. */
export async function listening(server: Server): Promise<string> {
  open.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
