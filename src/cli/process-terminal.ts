import type { Terminal } from "./command.ts";

/** This process as a terminal. A reader that goes away (`kvorum kv get … | head`) ends the output quietly. */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
  return {
    env: process.env,
    write: (text) => void process.stdout.write(text),
    print: (line) => void process.stdout.write(`${line}\n`),
    error: (line) => void process.stderr.write(`${line}\n`),
    async input() {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    onInterrupt(run) {
      const handlers = (["SIGINT", "SIGTERM"] as const).map((signal) => ({ signal, handle: () => run(signal) }));
      for (const { signal, handle } of handlers) process.on(signal, handle);
      return {
        [Symbol.dispose]() {
          for (const { signal, handle } of handlers) process.off(signal, handle);
        },
      };
    },
  };
}
