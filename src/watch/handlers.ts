import { aborted } from "../base/aborted.ts";
import { messageOf } from "../base/errors.ts";
import type { KeptOutput, Logger, Processes, WebClient } from "../platform/index.ts";
import type { Handler } from "./definition.ts";
import { HANDLER_OUTPUT_BYTES } from "./limits.ts";
import type { Change } from "./run.ts";

export interface HandlerWorld {
  /** Missing where the platform has none: such handlers fail, and say so. */
  readonly processes: Processes | undefined;
  readonly web: WebClient | undefined;
  readonly logger: Logger;
}

/** Runs a handler to its end. What goes wrong with it is told in the log and to nobody else: a change is handed over once. Consul docs, watches: handlers. */
export async function runHandler(handler: Handler, change: Change, world: HandlerWorld, signal: AbortSignal): Promise<void> {
  const body = Buffer.from(`${change.text}\n`);
  // nobody can say how far the other end has got: an HTTP handler is not waited for when the watch ends
  if (handler.kind === "web") return Promise.race([call(handler, { index: change.index, body }, world), aborted(signal)]);
  return runProgram(handler, { index: change.index, body, signal }, world);
}

async function runProgram(
  { command, timeoutMs }: Handler & { readonly kind: "program" },
  { index, body, signal }: { readonly index: string; readonly body: Buffer; readonly signal: AbortSignal },
  { processes, logger }: HandlerWorld,
): Promise<void> {
  const name = typeof command === "string" ? command : `[${command.join(", ")}]`;
  const failed = (error: string): void => logger.error("Failed to run watch handler", { watch_handler: name, error });
  if (processes === undefined) return failed("this agent cannot run programs");
  try {
    const { exitCode, timedOut, output } = await processes.run({
      command: typeof command === "string" ? processes.shell(command) : command,
      env: { CONSUL_INDEX: index, KVORUM_INDEX: index },
      stdin: body,
      timeoutMs,
      keepBytes: HANDLER_OUTPUT_BYTES,
      signal,
    });
    if (timedOut) failed("it took too long and was killed");
    else if (exitCode !== 0 && !signal.aborted) failed(exitCode === undefined ? "a signal ended it" : `exit status ${exitCode}`);
    logger.debug("Watch handler output", { watch_handler: name, output: outputOf(output) });
  } catch (error) {
    failed(messageOf(error));
  }
}

async function call(
  { url, method, headers, timeoutMs, skipVerify }: Handler & { readonly kind: "web" },
  { index, body }: { readonly index: string; readonly body: Buffer },
  { web, logger }: HandlerWorld,
): Promise<void> {
  if (web === undefined) return logger.error("Failed to invoke http watch handler", { watch: url, error: "this agent cannot ask by HTTP" });
  try {
    const answer = await web.ask({
      method,
      url,
      headers: [
        ["Content-Type", "application/json"],
        ["X-Consul-Index", index],
        ["X-Kvorum-Index", index],
        ...headers,
        ["User-Agent", "Kvorum watch"],
        ["Content-Length", String(body.length)],
      ],
      body,
      skipVerify,
      timeoutMs,
      keepBytes: HANDLER_OUTPUT_BYTES,
    });
    const fields = { watch: url, status: answer.status, output: outputOf(answer.body) };
    if (answer.status >= 200 && answer.status < 300) logger.trace("HTTP watch handler succeeded", fields);
    else logger.error("HTTP watch handler failed with output", fields);
  } catch (error) {
    logger.error("Failed to invoke http watch handler", { watch: url, error: messageOf(error) });
  }
}

/** The end of an output, and how much of it that is. */
function outputOf({ kept, totalBytes }: KeptOutput): string {
  const text = kept.toString("utf8");
  return totalBytes > kept.length ? `Captured ${kept.length} of ${totalBytes} bytes\n...\n${text}` : text;
}
