import { afterEach } from "node:test";

interface Speaker {
  readonly name: string;
  tail(): string;
  /** What it had said when its log went away; it is told once, to the test that was running then. */
  last: string | undefined;
}

const speakers = new Map<string, Speaker>();

/** From now on a test that fails prints the end of this program's log. `key` is its own among all that run. */
export function heed(key: string, name: string, tail: () => string): void {
  speakers.set(key, { name, tail, last: undefined });
}

/** To be called before a log goes away: its end is kept until the running test is over. */
export function keepLastWords(key: string): void {
  const speaker = speakers.get(key);
  if (speaker !== undefined) speaker.last = speaker.tail();
}

// A benchmark uses these programs too, and a hook would make a test run of it.
if (process.env["NODE_TEST_CONTEXT"] !== undefined) {
  afterEach((t) => {
    if ("passed" in t && !t.passed) for (const { name, tail, last } of speakers.values()) console.error(`--- log of ${name}\n${last ?? tail()}`);
    for (const [key, { last }] of speakers) if (last !== undefined) speakers.delete(key);
  });
}
