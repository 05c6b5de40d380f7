import { KvorumError } from "../base/errors.ts";

/** What a backend is handed to stop a wait early. */
export type OnCancel = ((cancel: () => void) => void) | undefined;

/** One call's wish to end early, passed on to whatever the call waits for at the moment. */
export class Cancel {
  #run: (() => void) | undefined;
  #fired = false;

  get fired(): boolean {
    return this.#fired;
  }

  /** Given to those who take an `onCancel`: replaces what was given before. */
  readonly onCancel = (run: () => void): void => {
    this.#run = run;
    if (this.#fired) run();
  };

  readonly fire = (): void => {
    if (this.#fired) return;
    this.#fired = true;
    this.#run?.();
  };
}

export function cancelled(): KvorumError {
  return new KvorumError("unavailable", "Call cancelled");
}
