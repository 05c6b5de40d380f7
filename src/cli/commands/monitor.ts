import { createInterface } from "node:readline";
import { statusError, TransportError } from "../../client/index.ts";
import { CLIENT_FLAGS } from "../api-flags.ts";
import { asking, refused } from "../asking.ts";
import type { Command } from "../command.ts";

export const monitor: Command = {
  usage: "monitor [options]",
  help: "Shows the log of an agent as it is written, also at levels that the agent itself does not print.",
  api: CLIENT_FLAGS,
  flags: [
    { name: "log-json", kind: "bool", help: "Prints JSON." },
    { name: "log-level", kind: "string", help: "Least level to show: trace, debug, info, warn or err; info when not given." },
  ],
  run: (flags, terminal) =>
    asking({ flags, terminal, fault: "Error starting monitor" }, async (client) => {
      const stop = new AbortController();
      using _ = terminal.onInterrupt(() => stop.abort());
      const query = { loglevel: flags.string("log-level", "INFO"), ...(flags.bool("log-json") ? { logjson: true } : {}) };
      const message = await client.open("GET", "/v1/agent/monitor", { query, signal: stop.signal });
      if (message.statusCode !== 200) throw statusError({ status: message.statusCode ?? 0, body: Buffer.concat(await collected(message)) });
      try {
        for await (const line of createInterface({ input: message })) terminal.print(line);
      } catch (error) {
        if (!stop.signal.aborted && !(error instanceof TransportError) && !isBroken(error)) throw error;
      }
      if (stop.signal.aborted) return 0;
      return refused(terminal, "\nRemote side ended the monitor! This usually means that the\nremote side has exited or crashed.");
    }),
};

async function collected(message: AsyncIterable<Buffer>): Promise<readonly Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return chunks;
}

/** The other end went away in the middle. */
function isBroken(error: unknown): boolean {
  return error instanceof Error && "code" in error;
}
