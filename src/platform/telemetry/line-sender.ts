/** The way to one program that receives metrics. */
export interface LineSender extends AsyncDisposable {
  /** Whether there is a way now: without one nothing is asked of it, and what gathers meanwhile waits as far as there is room. */
  readonly ready: boolean;
  /** False when the lines were dropped. Never waits. */
  send(lines: readonly string[]): boolean;
}
