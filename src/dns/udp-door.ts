import type { DatagramSocket, Network } from "../platform/index.ts";
import { PENDING_MAX } from "./limits.ts";
import type { DnsMeters } from "./meters.ts";
import type { Responder, Response } from "./responder.ts";

/** Answers datagrams at one address. What must wait for a lookup waits; beyond a bound new questions are dropped. */
export async function openUdpDoor(address: string, { network, responder, meters }: DoorParts): Promise<DatagramSocket> {
  let pending = 0;
  const socket = await network.bindDatagrams(address, {
    onMessage: (bytes, from) => {
      if (pending >= PENDING_MAX) {
        meters.dropped.add(1);
        return;
      }
      const response = responder.respond(bytes, { transport: "udp", ip: from.host });
      if (!(response instanceof Promise)) {
        if (response !== undefined) socket.send(response, from);
        return;
      }
      pending += 1;
      const done = (late: Response): void => {
        pending -= 1;
        if (late !== undefined) socket.send(late, from);
      };
      response.then(done, () => done(undefined));
    },
    onSendFailed: () => meters.unsent.add(1),
  });
  return socket;
}

/** What a door needs. */
export interface DoorParts {
  readonly network: Network;
  readonly responder: Responder;
  readonly meters: DnsMeters;
}
