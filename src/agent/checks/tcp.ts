import { KvorumError } from "../../base/errors.ts";
import { dialFault, formatAddress, goAddress } from "../../platform/index.ts";
import { NETWORK_CHECK_TIMEOUT_MS } from "../limits.ts";
import { repeat } from "./schedule.ts";
import type { CheckJob, CheckRunner, CheckWorld, Finding } from "./types.ts";

/** Connects, and goes again. Consul docs, checks: TCP. */
export function tcpCheck(job: CheckJob, world: CheckWorld): CheckRunner {
  return repeat(job, world, { slots: world.networkSlots, run: () => connect(job, world) });
}

async function connect({ definition }: CheckJob, { network }: CheckWorld): Promise<Finding> {
  const { tcp } = definition;
  const address = goAddress(tcp);
  if (typeof address === "string") throw new KvorumError("unavailable", address);
  const timeoutMs = definition.timeoutMs > 0 ? definition.timeoutMs : NETWORK_CHECK_TIMEOUT_MS;
  try {
    const connection = await network.connect(
      formatAddress(address.host || "localhost", address.port),
      () => ({ onData: () => undefined, onClose: () => undefined }),
      timeoutMs,
    );
    connection.destroy();
  } catch (error) {
    const late = error instanceof KvorumError && error.message.includes("no answer in");
    throw new KvorumError("unavailable", late ? `dial tcp ${tcp}: i/o timeout` : dialFault(error, tcp), { cause: error });
  }
  return { status: "passing", output: `TCP connect ${tcp}: Success` };
}
