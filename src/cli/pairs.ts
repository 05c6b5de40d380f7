import { goQuote } from "../base/go-quote.ts";
import { refused } from "./asking.ts";
import type { Terminal } from "./command.ts";
import type { FlagSpec, Flags } from "./flags.ts";
import { flagList } from "./usage.ts";

/** The values of a flag that has the form name=value, in the order given; an exit code when one has not, which is told with the list of flags. */
export function pairsOf(
  flags: Flags,
  { flag, specs, terminal }: { readonly flag: string; readonly specs: readonly FlagSpec[]; readonly terminal: Terminal },
): readonly (readonly [string, string])[] | number {
  const found: [string, string][] = [];
  for (const text of flags.strings(flag)) {
    const equals = text.indexOf("=");
    if (equals === -1) {
      const fault = `invalid value ${goQuote(text)} for flag -${flag}: Missing "=" value in argument: ${text}`;
      return refused(terminal, `${fault}\n${flagList(specs)}`);
    }
    found.push([text.slice(0, equals), text.slice(equals + 1)]);
  }
  return found;
}
