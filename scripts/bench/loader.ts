import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { LoadJob, LoadResult } from "./load.ts";

/** The parent's end of the load generator. */
export class Loader implements Disposable {
  readonly #child: ChildProcess = fork(fileURLToPath(new URL("./load.ts", import.meta.url)), [], { execArgv: ["--import", "tsx"] });

  run(job: LoadJob): Promise<LoadResult> {
    return new Promise((resolve, reject) => {
      this.#child.once("message", (answer: LoadResult | { readonly failed: string }) => {
        if ("failed" in answer) reject(new Error(`The load generator failed: ${answer.failed}`));
        else resolve(answer);
      });
      this.#child.send(job);
    });
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }
}
