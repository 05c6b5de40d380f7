export class WatchSet {
  /** Arms it: `wake` is called once, in the turn's `applied`, when anything that was read with this set has changed since. Disposing disarms. In the turn of the reads. */
  wait(_wake: () => void): Disposable {
    throw new Error("not there yet");
  }
}
